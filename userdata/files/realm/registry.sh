# shellcheck shell=bash
# The Realm packages from a private npm registry: those in /etc/realm-cluster/package.json with what they need, as the lock file at
# REALM_URL has it, package by package with a digest each, or without one whatever the registry has on the day.

readonly MANIFEST=/etc/realm-cluster/package.json
readonly TOKEN=/etc/realm-cluster/secrets/npm-token

wanted_release() {
  { echo "$REALM_REGISTRY $NODE_VERSION ${REALM_SHA256:-}" && cat "$MANIFEST"; } | sha256sum | cut -d ' ' -f 1
}

# Packages run scripts when they are installed: not as root, and not as a user who can read the secrets on disk. The metadata service, and
# with it the role, is still within their reach: install from an artifact what is not trusted.
install_packages() {
  local work=$1 task=install attempt said
  # npm would wait for minutes.
  said=$(curl --silent --show-error --connect-timeout 10 --max-time 30 --retry 3 --retry-max-time 20 --retry-connrefused \
    --output /dev/null "$REALM_REGISTRY" 2>&1) ||
    fail "The registry ${REALM_REGISTRY} does not answer: ${said##*$'\n'}"
  cp "$MANIFEST" "${work}/package.json"
  if [[ -n ${REALM_URL:-} ]]; then
    fetch "$REALM_URL" "$REALM_SHA256" "${work}/package-lock.json"
    task=ci
  fi
  local npm=(runuser --user realm-install -- env HOME="$work" PATH="/opt/node/bin:${PATH}" npm "$task"
    --userconfig "${work}/.npmrc" --no-audit --no-fund --fetch-retries 2 --fetch-retry-mintimeout 1000 --prefix "$work")
  (umask 0077 && npmrc >"${work}/.npmrc")
  chown -R realm-install: "$work"
  for attempt in 1 2 3; do
    if said=$(cd "$work" && "${npm[@]}" 2>&1); then
      log "$said"
      return
    fi
    log "$said"
    log "npm ${task} failed (attempt ${attempt} of 3)"
    # The registry's answer, such as 401, is final.
    if [[ $said == *" code E40"[134]* ]]; then break; fi
  done
  fail "npm could not install the Realm packages from ${REALM_REGISTRY}: $(why "$said" "${work}/package-lock.json")"
}

npmrc() {
  local place=${REALM_REGISTRY#*:}
  echo "registry=${REALM_REGISTRY}"
  if [[ -e $TOKEN ]]; then echo "${place%/}/:_authToken=$(<"$TOKEN")"; fi
}

# What was wrong, of all that npm said; of a package with another digest than the lock file's also where it is from.
why() {
  local said=$1 lock=$2 reason
  reason=$(sed -nE '/^npm (ERR!|error) (code|errno|syscall) /d; s/^npm (ERR!|error) //p' <<<"$said")
  reason=${reason%%$'\n'*}
  if [[ $reason =~ wanted\ (sha[0-9]+-[^ ]+) ]]; then
    reason+=" $(grep -F --before-context 1 "${BASH_REMATCH[1]}" "$lock" | grep -oE 'https?://[^"]+' | sort -u)" || true
  fi
  echo "${reason:-${said##*$'\n'}}"
}
