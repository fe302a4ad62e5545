// Verifies requests of webhooks with standardwebhooks of npm: a line of input is {"secret", "headers", "body"}, a line of
// output the `id` of the event within, or why it was refused.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(new Webhook(secret).verify(body, headers).id);
  } catch (error) {
    console.log(error.message);
  }
}
