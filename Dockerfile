# The server as an image: docker build -t dragoman .
#
# By default it keeps a SQLite database in the volume; with DRAGOMAN_DATABASE it is a node on that PostgreSQL database.

FROM python:3.14-slim-bookworm AS build
RUN python -m venv /opt/dragoman
COPY deploy/requirements.lock /src/deploy/
RUN /opt/dragoman/bin/pip install --no-cache-dir --require-hashes -r /src/deploy/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY src /src/src
RUN /opt/dragoman/bin/pip install --no-cache-dir --no-deps /src

FROM python:3.14-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/dragoman dragoman
COPY --from=build /opt/dragoman /opt/dragoman
ENV PATH=/opt/dragoman/bin:$PATH \
    DRAGOMAN_DATABASE=sqlite:////var/lib/dragoman/dragoman.db \
    DRAGOMAN_SERVER_HOST=0.0.0.0
USER dragoman
VOLUME /var/lib/dragoman
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz')"]
ENTRYPOINT ["dragoman"]
CMD ["serve"]
