# Two stages: one builds the locked environment and our wheel, the other carries what serves and nothing else.
FROM python:3.13-slim AS build
WORKDIR /source

COPY requirements/base.txt requirements/build.txt requirements/
RUN python -m venv /opt/cytoreview \
    && /opt/cytoreview/bin/pip install --no-cache-dir --require-hashes --requirement requirements/base.txt \
    && pip install --no-cache-dir --require-hashes --requirement requirements/build.txt

COPY pyproject.toml README.md LICENSE ./
COPY cytoreview cytoreview
COPY app app
COPY migrations migrations
COPY static static
COPY templates templates
COPY translations translations
RUN python -m hatchling build --target wheel --directory /tmp/dist \
    && /opt/cytoreview/bin/pip install --no-cache-dir --no-deps /tmp/dist/*.whl \
    && /opt/cytoreview/bin/pip uninstall --yes pip


FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/cytoreview --create-home cytoreview
COPY --from=build /opt/cytoreview /opt/cytoreview

ENV PATH=/opt/cytoreview/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CYTOREVIEW_HOME=/var/lib/cytoreview \
    CYTOREVIEW_HOST=0.0.0.0 \
    CYTOREVIEW_PORT=8000 \
    CYTOREVIEW_LOG_FORMAT=json

USER 10001
WORKDIR /var/lib/cytoreview
VOLUME /var/lib/cytoreview
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["cytoreview"]
CMD ["serve"]
