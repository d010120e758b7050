# Two images of one source: `web`, without TensorFlow, and `worker`, with it. docker-compose.yml builds both.

ARG PYTHON=3.12.13-slim-trixie

FROM python:${PYTHON} AS wheel
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/source/constraints.txt
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app ./app
COPY worker ./worker
COPY templates ./templates
COPY static ./static
RUN pip wheel --no-deps --wheel-dir /wheels .

# What Diceboard needs, before Diceboard itself: a change of its code installs none of it again.
FROM python:${PYTHON} AS packages
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/source/constraints.txt
COPY pyproject.toml constraints.txt deploy/requirements.py ./
RUN python -m venv /opt/diceboard

FROM packages AS web-packages
RUN python requirements.py web >requirements.txt && /opt/diceboard/bin/pip install -r requirements.txt
COPY --from=wheel /wheels /wheels
RUN /opt/diceboard/bin/pip install --no-deps /wheels/*.whl

FROM packages AS worker-packages
# `gpu` brings CUDA's libraries; the driver is the host's, let in by the NVIDIA container toolkit.
ARG DEVICE=cpu
RUN python requirements.py "$DEVICE" >requirements.txt && /opt/diceboard/bin/pip install -r requirements.txt
COPY --from=wheel /wheels /wheels
RUN /opt/diceboard/bin/pip install --no-deps /wheels/*.whl

FROM python:${PYTHON} AS base
RUN useradd --create-home --uid 1000 diceboard && install -d -o diceboard -g diceboard -m 0700 /data
ENV PATH=/opt/diceboard/bin:$PATH DICEBOARD_DATA=/data PYTHONUNBUFFERED=1
# Not the data folder: what lies in the folder it starts in, Python takes for modules.
WORKDIR /srv
USER diceboard
VOLUME /data
STOPSIGNAL SIGTERM

FROM base AS worker
COPY --from=worker-packages /opt/diceboard /opt/diceboard
CMD ["diceboard", "worker"]

FROM base AS web
COPY --from=web-packages /opt/diceboard /opt/diceboard
# The inspector builds networks without weights, for which JAX does: the same layer tables at a third of the memory.
ENV KERAS_BACKEND=jax JAX_PLATFORMS=cpu
EXPOSE 8000
CMD ["diceboard", "web"]
