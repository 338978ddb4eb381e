# shellcheck shell=bash
# What the boot steps share. They run under files/boot/boot, with the variables of /etc/realm-cluster/*.env.

# log MESSAGE: one line for the journal and the console.
log() {
  echo "$*"
}

# fail REASON: ends the step; the reason, one sentence, is what the boot report says.
fail() {
  echo "$*" >&2
  echo "$*" >"$REASON_FILE"
  exit 1
}

# fetch URL SHA256 FILE: downloads FILE, which must have the digest. No network and busy servers are retried with backoff, for
# about five minutes; an answer such as 404 is final.
fetch() {
  local url=$1 sha256=$2 file=$3 attempt error found status
  log "Downloading ${url}"
  for attempt in 1 2 4 8 16 32 64 end; do
    status=0
    error=$(curl --fail --location --silent --show-error --connect-timeout 10 --speed-limit 1024 --speed-time 30 \
      --retry 5 --output "$file" "$url" 2>&1) || status=$?
    ((status != 0)) || break
    if [[ $status == 22 || $attempt == end ]]; then
      fail "Could not download ${url}: ${error##*$'\n'}"
    fi
    log "Trying again in ${attempt} s: ${error##*$'\n'}"
    sleep "$attempt"
  done
  found=$(sha256sum "$file")
  found=${found%% *}
  [[ $found == "$sha256" ]] || fail "Refusing ${url}: its sha256 is ${found}, the configured one is ${sha256}"
}

# own PATH...: gives what was unpacked to root, and the labels of its place where SELinux is at work.
own() {
  chown -R root:root "$@"
  if command -v restorecon >/dev/null; then restorecon -R "$@"; fi
}
