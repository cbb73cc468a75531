# The two binaries on Debian's run-time libraries. The database is elsewhere:
# give the server a stateserver.yaml, for example mounted at /etc/stateserver.
# The base image's digest has no default: look it up and give it.
#   docker build --build-arg BASE_DIGEST=sha256:… .
ARG BASE=debian:bookworm-slim
ARG BASE_DIGEST

FROM ${BASE}@${BASE_DIGEST} AS build
WORKDIR /src
COPY scripts ./scripts
RUN scripts/install-deps
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake ./cmake
COPY proto ./proto
COPY common ./common
COPY server ./server
COPY client ./client
COPY workers ./workers
RUN cmake --preset release \
    && cmake --build build/release \
    && cmake --install build/release --prefix /out --strip

FROM ${BASE}@${BASE_DIGEST}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates libgrpc++1.51 libpqxx-6.4 libmariadb3 libprometheus-cpp-pull1.0 libsimdjson14 \
       libspdlog1.10 libyaml-cpp0.7 libzstd1 zlib1g librhonabwy1.1 libcurl4 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home stateserver
COPY --from=build /out/bin/stateserver /out/bin/stateclient /usr/local/bin/
COPY --from=build /out/share/stateserver /usr/local/share/stateserver
USER 10001
EXPOSE 7433 9464
ENTRYPOINT ["stateserver"]
CMD ["--config", "/etc/stateserver/stateserver.yaml"]
