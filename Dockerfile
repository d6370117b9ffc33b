# One image for every role of docker-compose.yml; the command decides which.
FROM node:22-slim AS scripts
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.12-slim-bookworm

RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ffmpeg file libmagic1 libnginx-mod-rtmp nginx poppler-utils \
      tesseract-ocr tesseract-ocr-eng tesseract-ocr-fra tesseract-ocr-osd tesseract-ocr-rus \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir -r requirements/base.txt

COPY . .
COPY --from=scripts /app/node_modules node_modules
RUN useradd --system --uid 10001 --home-dir /data medialoom \
 && install -d -o medialoom -g medialoom -m 0750 /data
USER medialoom
ENV DATA_DIR=/data HOST=0.0.0.0 PYTHONUNBUFFERED=1 LOG_FORMAT=json MEDIALOOM_DOTENV=0
VOLUME /data
EXPOSE 8000 1935
CMD ["python", "-m", "backend.serve"]
