#!/bin/sh
# Run inside a host: makes its /dev show exactly the volumes on standard input, one a line, as udev would:
#   NAME MAJOR MINOR SERIAL DEVICE    (nvme1n1 7 3 vol0123456789abcdef0 sdf)
set -eu

by_id=/dev/disk/by-id
mkdir -p "$by_id"
listed=" "
while read -r name major minor serial device; do
  (umask 007 && mknod "/dev/.$name" b "$major" "$minor")
  mv -f "/dev/.$name" "/dev/$name"
  # The name asked for in AttachVolume, as the udev rules of amazon-ec2-utils give it.
  [ "$device" = "$name" ] || ln -sfn "$name" "/dev/$device"
  ln -sfn "../../$name" "$by_id/nvme-Amazon_Elastic_Block_Store_$serial"
  listed="$listed$name "
done
for node in /dev/nvme*n1; do
  case "$listed" in *" ${node#/dev/} "*) continue ;; esac
  rm -f "$node"
done
for link in "$by_id"/* /dev/sd* /dev/xvd*; do
  if [ -L "$link" ] && [ ! -e "$link" ]; then rm -f "$link"; fi
done
