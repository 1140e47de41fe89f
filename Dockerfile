# Builds the native programs, then an image with only what running sandboxes takes.
# Sandboxes are namespaces, so the container must be allowed to make them; see "In a container" in README.md.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS sdk

# Built on what it will run on: a program linked against a newer C library would not start there.
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates cmake gcc libc6-dev libssl-dev libstdc++6 lld make zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
ENV PATH=$PATH:/usr/share/dotnet DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
WORKDIR /source
COPY . .
RUN dotnet publish src/Hopx.Mcp -c Release -r linux-x64 -o /out

FROM debian:bookworm-slim
LABEL io.modelcontextprotocol.server.name="io.github.hopx-mcp/hopx-mcp"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates debian-archive-keyring e2fsprogs libssl3 mmdebstrap mount runc uidmap util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 root
COPY --from=build /out /opt/hopx-mcp
# Templates and sandboxes: a volume, since overlays cannot lie on the container's own overlay.
ENV HOPX_HOME=/var/lib/hopx
VOLUME /var/lib/hopx
WORKDIR /work
EXPOSE 7070
ENTRYPOINT ["/opt/hopx-mcp/hopx-mcp"]
CMD ["stdio"]
