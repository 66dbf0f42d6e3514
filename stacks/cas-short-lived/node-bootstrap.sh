#!/bin/sh
# Gets this node's certificate from a Google CA pool and renews it. The key is made here and never leaves the node.
#
#   node-bootstrap.sh /etc/ai-tls-stacks/GROUP.conf [--force]
#
# Needs sh, coreutils, flock, openssl (1.1.1 or later) and gcloud. What is in use is FOLDER/current, a link to a folder
# with tls.key, tls.crt (the chain without its root) and ca.crt. Whatever fails, what was in use before stays in use.
#
# Exit codes are a contract:
#    0  a usable certificate is installed and its service was told
#   10  settings or trust anchor missing or damaged
#   11  a program or the key's user is missing
#   12  the node has no name that a certificate could carry
#   13  another run is at work
#   20  key or request could not be made
#   21  the pool gave no certificate
#   30  the answer is no certificate
#   31  the answer's chain does not lead to the trust anchor, or is not for this purpose
#   32  the answer has other names
#   33  the answer has another key
#   34  the answer has ended, has not begun, or ends before what is installed and before it was promised to
#   40  the folder could not be written
#   50  installed, but the reload command failed; the next run tries it again
#   51  installed, but it ends sooner than it was promised to
set -u
set -f
umask 077
LC_ALL=C
export LC_ALL

newline='
'
label='node certificate'
standing=''

# In the journal a line has a priority; a person sees none.
say() {
  if [ -n "${JOURNAL_STREAM:-}" ]; then
    printf '<%s>%s: %s\n' "$1" "$label" "$2" >&2
  else
    printf '%s: %s\n' "$label" "$2" >&2
  fi
}

fail() {
  say 3 "error $1: $2${standing:+; $standing}"
  exit "$1"
}

# --- What this node is told -------------------------------------------------------------------------------------------

settings=${1:-}
force=''
case ${2:-} in
  '') ;;
  --force) force=yes ;;
  *) fail 10 "${2} is no option; the only one is --force" ;;
esac
case $settings in
  /*) ;;
  *) fail 10 'usage: node-bootstrap.sh /etc/ai-tls-stacks/GROUP.conf [--force]' ;;
esac

NODE_GROUP='' DOMAINS='' PROJECT='' LOCATION='' POOL='' TEMPLATE='' TRUST_ANCHOR='' FOLDER=''
LIFETIME='' LEAST='' WINDOW='' KEY='' PURPOSES='' KEY_USER='' RELOAD=''
# A damaged file would end the shell that reads it, so another one reads it first.
# shellcheck source=/dev/null
if [ "$(. "$settings" >/dev/null 2>&1 && echo whole)" != whole ]; then
  fail 10 "the settings in $settings are missing or damaged"
fi
# shellcheck source=/dev/null
. "$settings"
for value in "$NODE_GROUP" "$DOMAINS" "$PROJECT" "$LOCATION" "$POOL" "$TEMPLATE" "$TRUST_ANCHOR" "$FOLDER" "$PURPOSES"; do
  [ -n "$value" ] || fail 10 "the settings in $settings are not complete"
done
for value in "$LIFETIME" "$LEAST" "$WINDOW"; do
  case $value in
    '' | *[!0-9]*) fail 10 "the settings in $settings have no whole number where one belongs" ;;
  esac
done
label=$NODE_GROUP

for program in openssl gcloud flock timeout; do
  command -v "$program" >/dev/null 2>&1 || fail 11 "there is no $program on the PATH"
done
openssl x509 -noout -in "$TRUST_ANCHOR" >/dev/null 2>&1 ||
  fail 10 "the trust anchor $TRUST_ANCHOR is missing or no certificate"
reader=''
if [ -n "$KEY_USER" ]; then
  reader=$(id -gn -- "$KEY_USER" 2>/dev/null) || fail 11 "there is no user $KEY_USER, who is to read the key"
fi

is_label() {
  case $1 in
    '' | -* | *- | *[!a-z0-9-]*) return 1 ;;
  esac
  [ "${#1}" -le 63 ]
}

is_name() {
  [ "${#1}" -le 253 ] || return 1
  rest=$1.
  while [ -n "$rest" ]; do
    is_label "${rest%%.*}" || return 1
    rest=${rest#*.}
  done
}

given=${AI_TLS_STACKS_NAMES:-}
if [ -z "$given" ] && [ -e "${settings%.conf}.names" ]; then
  given=$(cat -- "${settings%.conf}.names") || fail 12 "${settings%.conf}.names cannot be read"
elif [ -z "$given" ]; then
  host=$(uname -n | tr '[:upper:]' '[:lower:]')
  host=${host%%.*}
  is_label "$host" || fail 12 "the host name \"$host\" is no DNS label"
  for domain in $DOMAINS; do given="$given $host.$domain"; done
fi
for name in $given; do
  is_name "$name" || fail 12 "\"$name\" is no DNS name in lower case"
done
# shellcheck disable=SC2086 # one word for each name
names=$(printf '%s\n' $given | sort -u)
[ -n "$names" ] || fail 12 'no name is given'
shown=$(printf '%s' "$names" | tr '\n' ' ')

# --- What is installed ------------------------------------------------------------------------------------------------

current=$FOLDER/current

# The end of a certificate, in seconds since 1970.
end_of() {
  ends=$(openssl x509 -noout -enddate -in "$1" 2>/dev/null) || return 1
  date -u -d "${ends#notAfter=}" +%s 2>/dev/null
}

iso() {
  date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ
}

# Whether the chain in folder $1 leads to the trust anchor of this node at time $2. Nothing that came with the answer is
# trusted, and neither is what the system trusts.
leads_home() {
  for purpose in $PURPOSES; do
    said=$(SSL_CERT_FILE=/nonexistent SSL_CERT_DIR=/nonexistent openssl verify -CAfile "$TRUST_ANCHOR" \
      -untrusted "$1/tls.crt" -purpose "$purpose" -attime "$2" "$1/tls.crt" 2>&1) && continue
    said=${said#*lookup: }
    said=${said%%"$newline"*}
    return 1
  done
}

# Whether the pair in folder $1 can be used now; if not, $code and $why say it, and $end is its end if it has one.
judge() {
  end=$(end_of "$1/tls.crt") || {
    code=30 why='it is no certificate'
    return 1
  }
  public=$(openssl x509 -noout -pubkey -in "$1/tls.crt" 2>/dev/null)
  if [ -z "$public" ] || [ "$public" != "$(openssl pkey -pubout -passin pass: -in "$1/tls.key" 2>/dev/null)" ]; then
    code=33 why='it was not made for the key beside it'
    return 1
  fi
  found=$(openssl x509 -noout -ext subjectAltName -in "$1/tls.crt" 2>/dev/null | tail -n +2 | tr -d ' ' | tr ',' '\n' | sort)
  # shellcheck disable=SC2086 # one word for each name
  if [ "$found" != "$(printf 'DNS:%s\n' $names)" ]; then
    code=32 why="its names are not those of this node, which are ${shown% }"
    return 1
  fi
  now=$(date +%s)
  if [ "$end" -le "$now" ]; then
    code=34 why="it ended on $(iso "$end")"
    return 1
  fi
  leads_home "$1" "$now" && return 0
  code=31 why="its chain is refused: $said"
  case $said in *'not yet valid'*) code=34 ;; esac
  return 1
}

# Whether version $1 is in use, or nobody can tell.
# shellcheck disable=SC2317 # the trap calls it
in_use() {
  [ -L "$current" ] || return 1
  link=$(readlink "$current") || return 0
  [ "$link" = "versions/$1" ]
}

# Removes what killed runs left and what is no longer in use, but for the folder that was in use before: somebody may
# be reading it. Folders are named by their time, so they sort by age.
prune() {
  kept=''
  if [ -L "$current" ]; then kept=$(readlink "$current") || return 0; fi
  kept=${kept#versions/}
  before=''
  passed=''
  set +f
  for folder in "$FOLDER"/versions/*; do
    [ -d "$folder" ] || continue
    if [ "${folder##*/}" = "$kept" ]; then
      passed=yes
    elif [ -n "$passed" ] || [ -z "$kept" ]; then
      rm -rf -- "$folder"
    else
      [ -z "$before" ] || rm -rf -- "$before"
      before=$folder
    fi
  done
  rm -f -- "$FOLDER"/.current.*
  set -f
}

tell() {
  if [ -n "$RELOAD" ]; then
    timeout -k 5 60 sh -c "$RELOAD" </dev/null >&2 9>&- ||
      fail 50 "the certificate is installed, but \"$RELOAD\" failed with $?; the next run tries it again"
    say 5 "ran \"$RELOAD\""
  fi
  true >"$current/.told" || fail 40 "$current cannot be written"
}

# Others may look into the folders; the mode of the key protects the key.
(umask 022 && mkdir -p -- "$FOLDER/versions") 2>/dev/null || fail 40 "$FOLDER cannot be made"
true 2>/dev/null >>"$FOLDER/.lock" || fail 40 "$FOLDER cannot be written"
exec 9>>"$FOLDER/.lock"
# The kernel lets go of it when this process ends, however it ends.
flock -n 9 || fail 13 'another run is at work'
prune

installed_end=0
if [ ! -e "$current/tls.crt" ]; then
  standing='no certificate is installed'
  reason='there is none yet'
elif ! judge "$current"; then
  standing="the certificate in $current is not usable: $why"
  reason="the installed one is not usable: $why"
else
  installed_end=$end
  standing="the installed certificate stays in use until $(iso "$end")"
  if [ "$end" -lt $((now + WINDOW)) ]; then
    reason="the installed one ends on $(iso "$end")"
  elif ! leads_home "$current" $((now + WINDOW)); then
    reason="the chain of the installed one ends: $said"
  elif [ "$(cat -- "$TRUST_ANCHOR")" != "$(cat -- "$current/ca.crt" 2>/dev/null)" ]; then
    reason='the trust anchor is another one'
  elif [ -n "$force" ]; then
    reason='it was asked for'
  else
    say 6 "nothing is due: the certificate for ${shown% } ends on $(iso "$end") and is renewed from $(iso $((end - WINDOW)))"
    [ -e "$current/.told" ] || tell
    exit 0
  fi
fi

# --- A new one --------------------------------------------------------------------------------------------------------

version=$(date -u +%Y%m%dT%H%M%SZ)-$$

new=$FOLDER/versions/$version
work=$new/.work
# Looks at the link and not at a note of ours: the signal may come right behind the rename.
# shellcheck disable=SC2016 # the values of then, not of now
trap 'in_use "$version" || rm -rf -- "$new"; rm -f -- "$FOLDER/.current.$$"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -- "$new" "$work" 2>/dev/null || fail 40 "$FOLDER/versions cannot be written"

case $KEY in
  ecdsa-p256) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
  ecdsa-p384) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-384 ;;
  rsa-*) set -- -algorithm RSA -pkeyopt "rsa_keygen_bits:${KEY#rsa-}" ;;
  *) fail 10 "the settings in $settings name a key of an unknown kind" ;;
esac
openssl genpkey "$@" -out "$new/tls.key" 2>/dev/null || fail 20 'the key could not be made; is the disk full?'
alternatives=''
for name in $names; do alternatives="$alternatives${alternatives:+,}DNS:$name"; done
# No subject: a common name has room for 64 characters, and nobody looks at it beside names.
printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = subject' 'req_extensions = extensions' '[subject]' \
  '[extensions]' "subjectAltName = $alternatives" 2>/dev/null >"$work/request.cnf" ||
  fail 20 'the request could not be made; is the disk full?'
openssl req -new -sha256 -config "$work/request.cnf" -subj / -key "$new/tls.key" -out "$work/request.pem" 2>/dev/null ||
  fail 20 'the request could not be made; is the disk full?'

# An id that says whose it is and is never used twice, since the key is new each time.
id=$(printf '%s-%s' "$NODE_GROUP" "${names%%.*}" | cut -c 1-46)-$(openssl dgst -sha256 -r "$work/request.pem" | cut -c 1-16)
say 6 "asks pool $POOL in $LOCATION of $PROJECT for ${shown% } because $reason (certificate id $id)"
complaint=$(
  # Nothing that outlives this process may hold the lock.
  exec 9>&-
  CLOUDSDK_CONFIG=${CLOUDSDK_CONFIG:-$work/gcloud} CLOUDSDK_CORE_DISABLE_FILE_LOGGING=1 \
    timeout -k 10 120 gcloud privateca certificates create "$id" \
    "--project=$PROJECT" "--issuer-location=$LOCATION" "--issuer-pool=$POOL" \
    "--template=projects/$PROJECT/locations/$LOCATION/certificateTemplates/$TEMPLATE" \
    "--csr=$work/request.pem" "--cert-output-file=$work/answer.pem" "--validity=PT${LIFETIME}S" --quiet \
    2>&1 </dev/null
) || {
  status=$?
  [ "$status" -ne 124 ] || fail 21 'the pool did not answer within 120 seconds'
  complaint=$(printf '%s' "$complaint" | tr -cd '[:print:]\n' | tail -n 3 | tr '\n' ' ')
  fail 21 "the pool gave no certificate; gcloud ended with $status: ${complaint% }"
}

# The answer in parts, each in PEM form of our own. Its root is left out: nobody who needs it would believe it.
count=0
inside=''
[ -r "$work/answer.pem" ] || fail 30 'the answer is refused: there is none'
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    '-----BEGIN CERTIFICATE-----'*)
      count=$((count + 1))
      [ "$count" -le 10 ] || fail 30 'the answer is refused: it has more than 10 certificates'
      inside=yes
      ;;
  esac
  [ -z "$inside" ] || printf '%s\n' "$line" 2>/dev/null >>"$work/$count.pem" || fail 40 "$FOLDER cannot be written"
  case $line in '-----END CERTIFICATE-----'*) inside='' ;; esac
done <"$work/answer.pem"
part=0
chain=''
while [ "$part" -lt "$count" ]; do
  part=$((part + 1))
  # Two hashes of names, then the certificate.
  parsed=$(openssl x509 -subject_hash -issuer_hash -in "$work/$part.pem" 2>/dev/null) ||
    fail 30 "the answer is refused: part $part of it is no certificate"
  subject=${parsed%%"$newline"*}
  parsed=${parsed#*"$newline"}
  issuer=${parsed%%"$newline"*}
  [ "$part" -gt 1 ] && [ "$subject" = "$issuer" ] && continue
  chain=$chain${parsed#*"$newline"}$newline
done
# By the shell: openssl does not notice a full disk.
printf '%s' "$chain" 2>/dev/null >"$new/tls.crt" || fail 40 "$FOLDER cannot be written"
cat -- "$TRUST_ANCHOR" 2>/dev/null >"$new/ca.crt" || fail 40 "$FOLDER cannot be written"

# Looked at as it lies on the disk and will be read.
judge "$new" || fail "$code" "the answer is refused: $why"
short=''
if [ "$end" -lt $((now + LEAST)) ] || ! leads_home "$new" $((now + LEAST)); then
  # A usable certificate is better than none, so it is refused only where it would make things worse.
  [ "$end" -gt "$installed_end" ] ||
    fail 34 "the answer is refused: it ends on $(iso "$end"), sooner than promised and no later than the installed one"
  short=yes
fi

{
  rm -rf -- "$work" &&
  chmod 0644 "$new/tls.crt" "$new/ca.crt" &&
    { [ -z "$reader" ] || { chgrp -- "$reader" "$new/tls.key" && chmod 0640 "$new/tls.key"; }; } &&
    chmod 0755 "$new" &&
    sync "$new/tls.key" "$new/tls.crt" "$new/ca.crt" "$new" "$FOLDER/versions" &&
    ln -s -- "versions/$version" "$FOLDER/.current.$$" &&
    mv -fT -- "$FOLDER/.current.$$" "$current"
} 2>/dev/null || fail 40 "$FOLDER cannot be written"
sync "$FOLDER" 2>/dev/null
standing=''
prune
say 5 "installed a certificate for ${shown% } that ends on $(iso "$end") and is renewed from $(iso $((end - WINDOW)))"
tell
[ -z "$short" ] || fail 51 "the certificate is installed, but it or its chain ends sooner than promised; look at the pool's policy and its CAs"
exit 0
