# syntax=docker/dockerfile:1
# Three stages: scripts and styles, packages, and the image that runs as a user without rights.
FROM node:22-slim AS scripts
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend/ ./
RUN mkdir -p ../config/static/hustings && npm run build

FROM python:3.11-slim AS packages
RUN pip install --no-cache-dir uv && python -m venv /venv
COPY requirements.lock /tmp/
RUN uv pip install --no-cache --python /venv/bin/python --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg libfribidi0 fonts-noto-color-emoji \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --uid 10001 hustings \
 && install -d -o hustings /var/lib/hustings
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    HUSTINGS_ENV=production VAR=/var/lib/hustings
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=scripts /build/config/static/hustings/dist config/static/hustings/dist
COPY --from=scripts /build/frontend/node_modules/@expo-google-fonts frontend/node_modules/@expo-google-fonts
# Fonts and static files are part of the image; the keys given here are for these two steps only and stay in this layer's environment.
RUN python -m compileall -q . && python -m media.build_fonts && rm -r frontend/node_modules \
 && SECRET_KEY=build HUSTINGS_KEYS=MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA= VAR=/app/var python manage.py collectstatic --noinput \
 && mkdir -p /app/var && chown -R hustings /app/var
USER hustings
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--access-logfile", "-"]
