# pali3 as an image of one static binary. Build: docker build --build-arg VERSION=$(git describe --tags --always) -t pali3 .
# Run:   docker run --rm -v "$PWD:/data" pali3 quickstart --out quickstart-run
FROM --platform=$BUILDPLATFORM golang:1.27 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=auto GOEXPERIMENT=simd
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=development
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags "-s -w -X main.version=$VERSION" -o /pali3 ./cmd/pali3

# Certificates for https, a user without rights, no shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /pali3 /usr/local/bin/pali3
WORKDIR /data
ENTRYPOINT ["/usr/local/bin/pali3"]
CMD ["--help"]
