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
# less than a minute, since the boot begins again after it; an answer such as 404, or a full disk, is final.
fetch() {
  local url=$1 sha256=$2 file=$3 deadline=$((SECONDS + 35)) pause=1 error found status
  log "Downloading ${url}"
  while true; do
    status=0
    error=$(curl --fail --location --silent --show-error --connect-timeout 10 --speed-limit 1024 --speed-time 30 \
      --retry 5 --retry-max-time 20 --output "$file" "$url" 2>&1) || status=$?
    ((status != 0)) || break
    if [[ $status == 2[23] ]] || ((SECONDS + pause > deadline)); then
      ((status != 23)) || df "${file%/*}"
      fail "Could not download ${url}: ${error##*$'\n'}"
    fi
    log "Trying again in ${pause} s: ${error##*$'\n'}"
    sleep "$pause"
    ((pause *= 2))
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
