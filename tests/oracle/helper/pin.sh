#!/bin/bash
# Pins the helper to one Kubernetes version: ./pin.sh 1.36.3
#
# The staging modules of Kubernetes carry no version of their own in its go.mod, so each is replaced by the twin that is
# published beside it: v1.36.3 goes with v0.36.3.
set -euo pipefail
cd "$(dirname "$0")"
version=${1:?a Kubernetes version, such as 1.36.3}
upstream=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
{
  printf 'module seawall.test/oracle\n\n%s\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$(grep '^go ' "$upstream")" "$version"
  sed -n "s#^[[:space:]]*\(k8s\.io/[^ ]*\) => \./staging.*#\t\1 => \1 v0.${version#1.}#p" "$upstream"
  echo ')'
} >go.mod
rm -f go.sum
go mod tidy
