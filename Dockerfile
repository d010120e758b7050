# One image for the web server and the workers; docker-compose.yml says which one a container is.
FROM python:3.12-slim

# A GPU image is built with `--build-arg DEVICE=gpu` and run with the NVIDIA container runtime.
ARG DEVICE=cpu
WORKDIR /srv/diceboard
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app ./app
COPY worker ./worker
COPY templates ./templates
COPY static ./static
RUN pip install --no-cache-dir -c constraints.txt ".[${DEVICE}]" \
  && useradd --create-home --uid 1000 diceboard \
  && install -d -o diceboard -g diceboard -m 0700 /data

USER diceboard
ENV DICEBOARD_DATA=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["diceboard", "web"]
