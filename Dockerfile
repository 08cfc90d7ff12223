# One image for everything: `pikir serve`, the dashboard, a Prefect server, its workers. Nothing is downloaded at run time.
#   docker build -t pikir:0.1.0 .
# Pip's default build of torch brings several gigabytes of CUDA; for the CPU build give its index, as pytorch.org names it:
#   docker build --build-arg TORCH_INDEX=https://… -t pikir:0.1.0 .
FROM python:3.11.14-slim-bookworm AS build
ARG TORCH_INDEX=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY constraints.txt requirements.lock ./
RUN /venv/bin/pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep '^torch==' constraints.txt)" \
    && /venv/bin/pip install --no-deps --require-hashes -r requirements.lock
COPY . .
RUN chmod -R a+rX . \
    && /venv/bin/pip install --no-deps --no-build-isolation -e . \
    && /venv/bin/pip check \
    && { /venv/bin/python -m compileall -q /app /venv/lib > /dev/null || true; }

FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 pikir \
    && useradd --uid 10001 --gid pikir --home-dir /var/lib/pikir --shell /usr/sbin/nologin pikir \
    && install -d -o pikir -g pikir -m 0700 /var/lib/pikir /var/lib/prefect
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PIKIR_CACHE=/var/lib/pikir/cache \
    PREFECT_HOME=/var/lib/pikir/prefect \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    HF_HUB_OFFLINE=1 \
    TRANSFORMERS_OFFLINE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/pikir
USER 10001:10001
VOLUME /var/lib/pikir
ENTRYPOINT ["/app/deploy/with-secrets"]
CMD ["pikir", "serve"]
HEALTHCHECK --interval=60s --timeout=30s --start-period=120s --retries=3 CMD ["/app/deploy/with-secrets", "pikir", "status", "--check"]
