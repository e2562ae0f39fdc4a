# The Chatsite image: `docker build -t chatsite .`. docs/operations.md explains how to run it, alone or with compose.yaml.
FROM python:3.12-slim AS packages
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --no-create-home chatsite \
    && mkdir -p /data/static && chown -R chatsite:chatsite /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
RUN python -m compileall -q .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENV_FILE=/dev/null DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER chatsite
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/ready', timeout=4)"]
CMD ["python", "-m", "chatsite.server"]
