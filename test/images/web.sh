#!/bin/sh
# Serves / and /version, and /healthz unless READY=false. To fail readiness later: rm /tmp/www/healthz
mkdir -p /tmp/www
echo "web $VERSION" >/tmp/www/index.html
echo "$VERSION" >/tmp/www/version
[ "$READY" = false ] || echo ok >/tmp/www/healthz

httpd -f -p "${1:-8080}" -h /tmp/www &
server=$!
# PID 1 gets no signal that it does not ask for.
trap 'kill $server; exit 0' TERM INT
echo "web $VERSION listens on ${1:-8080}"
wait $server
