# Two images from one file:
#   docker build --build-arg BASE_DIGEST=sha256:… -t stateserver .
#     server and client, the Python workers, run-time libraries. The database is elsewhere: mount a
#     stateserver.yaml at /etc/stateserver.
#   docker build --build-arg BASE_DIGEST=sha256:… --target embedded -t stateserver:embedded .
#     with a PostgreSQL of its own, to try it.
# The base image's digest has no default: look it up and give it. Both run as user 10001 on a read-only
# root file system; /tmp and /run/stateserver (and /var/lib/stateserver of the second) are written to.
# docs/container.md says what was run, and how the build is repeatable.
ARG BASE=debian:bookworm-slim
ARG BASE_DIGEST

FROM ${BASE}@${BASE_DIGEST} AS build
WORKDIR /src
COPY scripts/install-deps ./scripts/
COPY scripts/lib/common.sh scripts/lib/packages.sh ./scripts/lib/
RUN scripts/install-deps
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake ./cmake
COPY proto ./proto
COPY common ./common
COPY revisions ./revisions
COPY deploy ./deploy
COPY server ./server
COPY client ./client
COPY workers ./workers
ARG REVISION=unknown
# Of the files that are made; the seconds of the commit, for example.
ARG SOURCE_DATE_EPOCH=0
RUN cmake --preset release -DSTATESERVER_COMMIT="${REVISION}" \
    && cmake --build build/release \
    && cmake --install build/release --prefix /out --strip \
    && find /out -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM ${BASE}@${BASE_DIGEST} AS runtime
# Debian stable's packages change for security alone, and old versions leave the mirror: not pinned.
# SOURCE_DATE_EPOCH keeps the day of the build out of /etc/shadow.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates libcurl4 libevent-2.1-7 libevent-openssl-2.1-7 libevent-pthreads-2.1-7 libgrpc++1.51 libmariadb3 libpqxx-6.4 libprometheus-cpp-core1.0 \
       librhonabwy1.1 libsimdjson14 libspdlog1.10 libyaml-cpp0.7 libzstd1 python3 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/* /var/cache/ldconfig/aux-cache \
    && groupadd --system --gid 10001 stateserver \
    && SOURCE_DATE_EPOCH=0 useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent stateserver \
    && install -d -o 10001 -g 10001 /run/stateserver
COPY --from=build /out/bin/stateserver /out/bin/stateclient /usr/local/bin/
COPY --from=build /out/share/stateserver /usr/local/share/stateserver
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="stateserver" \
      org.opencontainers.image.description="SQLMesh's state and StarRocks schemas as a gRPC service over PostgreSQL" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 7433 9464
# Where the listener has TLS, set STATESERVER_SERVER to a local_listen, or STATESERVER_TLS_CA.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["stateclient", "--timeout", "4", "health", "liveness"]
ENTRYPOINT ["stateserver"]
CMD ["--config", "/etc/stateserver/stateserver.yaml"]

FROM runtime AS embedded
USER 0
# Without the cluster that Debian's packages would make, and without their certificate: its key would be
# everybody's.
# hadolint ignore=DL3008
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && printf 'create_main_cluster = false\n' > /etc/postgresql-common/createcluster.d/none.conf \
    && apt-get update \
    && SOURCE_DATE_EPOCH=0 apt-get install -y --no-install-recommends postgresql-15 \
    && rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem \
    && find /etc/ssl/certs -lname '*snakeoil*' -delete \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/* /var/cache/ldconfig/aux-cache \
    && install -d -o 10001 -g 10001 -m 700 /var/lib/stateserver
# Plain text, and nobody is asked who calls: publish its port on the loopback only.
COPY deploy/embedded.yaml /etc/stateserver/stateserver.yaml
USER 10001:10001
VOLUME /var/lib/stateserver

# The default: what a build without --target makes.
FROM runtime AS server
