# One image for every part of the hub: docker-compose.yml says which part a container is.

ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
RUN python -m venv /opt/checkback
COPY requirements.run.lock /tmp/
RUN /opt/checkback/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.run.lock

FROM python:${PYTHON}
ENV PATH=/opt/checkback/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CHECKBACK_HOME=/tmp \
    CHECKBACK_KEYS=/run/secrets \
    CHECKBACK_HOST=0.0.0.0 \
    CHECKBACK_LOG_FORMAT=json
COPY --from=build /opt/checkback /opt/checkback
WORKDIR /app
COPY protocols protocols
COPY agencies agencies
COPY hub hub
COPY workers workers
COPY docs/examples docs/examples
RUN python -m compileall -q protocols agencies hub workers
# Nobody in particular, and nobody who can write here: the file system is mounted read-only besides.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "hub.cli"]
CMD ["serve"]
