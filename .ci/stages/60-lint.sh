# SPDX-License-Identifier: Apache-2.0
# Formatters, linters, types, and the reference made from the sources.
# limit: 1800
set -eu
npm run typecheck
npm run lint
npm run docs
