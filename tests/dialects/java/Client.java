import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;

/** Sends requests with the JDK's own HttpClient and its default settings: with each plain request it offers h2c.
 *
 * A line of input is METHOD, URL, body in base64 ("-" for none), then names and values of headers, separated by tabs.
 * A line of output is the status, the body in base64, then names and values of headers.
 */
public class Client {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(text(client.send(request(line.split("\t", -1)), BodyHandlers.ofByteArray())));
            System.out.flush();
        }
    }

    static HttpRequest request(String[] parts) {
        byte[] body = parts[2].equals("-") ? null : Base64.getDecoder().decode(parts[2]);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(parts[1]));
        request.method(parts[0], body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        for (int i = 3; i + 1 < parts.length; i += 2) {
            request.header(parts[i], parts[i + 1]);
        }
        return request.build();
    }

    static String text(HttpResponse<byte[]> response) {
        StringBuilder line = new StringBuilder();
        line.append(response.statusCode()).append('\t').append(Base64.getEncoder().encodeToString(response.body()));
        response.headers().map().forEach((name, values) ->
            line.append('\t').append(name).append('\t').append(String.join(", ", values)));
        return line.toString();
    }
}
