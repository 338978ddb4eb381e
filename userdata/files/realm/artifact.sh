# shellcheck shell=bash
# The Realm packages from an archive with a ready node_modules in it.

wanted_release() {
  echo "$REALM_SHA256"
}

install_packages() {
  local work=$1
  fetch "$REALM_URL" "$REALM_SHA256" "${work}/realm.tar.gz"
  tar --extract --gzip --no-same-owner --file "${work}/realm.tar.gz" --directory "$work"
  [[ -d ${work}/node_modules ]] || fail "Refusing ${REALM_URL}: it has no node_modules at its top"
}
