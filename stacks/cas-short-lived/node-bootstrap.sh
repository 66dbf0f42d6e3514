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
#   40  the folder could not be written, or others than root could change it
#   50  installed, but the reload command failed; the next run tries it again
#   51  installed, but it ends sooner than it was promised to
set -u
set -f
# A file is made and never overwritten, nor made behind a link.
set -C
umask 077
LC_ALL=C
export LC_ALL

newline='
'
iso=+%Y-%m-%dT%H:%M:%SZ
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

# --- The folder -------------------------------------------------------------------------------------------------------

# Who could put a link in the place of a folder could have root remove or overwrite what it leads to. So no folder on the
# way may be changed by others, and the script goes into the last one and works from there: whatever a path leads to
# later, it stays where it is.
me=$(id -u) || fail 11 'there is no id on the PATH'

# Ends the run if others than root (or than who runs this) could change $1, which people know as $2. With a third argument
# it may be a sticky folder, where others make files of their own and cannot replace those of root.
guard() {
  facts=$(exec stat -c '%u %a %U' -- "$1" 2>/dev/null) || fail 40 "$2 cannot be looked at"
  owner=${facts%% *}
  facts=${facts#* }
  mode=${facts%% *}
  if [ "$owner" = 0 ] || [ "$owner" = "$me" ]; then
    # The mode of a link means nothing.
    [ ! -L "$1" ] || return 0
    case $mode in
      *[2367] | *[2367]?) ;;
      *) return 0 ;;
    esac
    case $mode in [1357]???) [ -z "${3:-}" ] || return 0 ;; esac
  fi
  fail 40 "$2 belongs to ${facts#* } ($owner) and has mode $mode, so others could have root write or remove files elsewhere; \
all on the way to $FOLDER must belong to root and be writable by root alone: \
run \"chown -h root $2\" and \"chmod go-w $2\", or give the node group another path"
}

# Goes into folder $1 and makes what is missing of it. Each step starts from a folder that others cannot change.
enter() {
  todo=$1
  links=0
  cd / || fail 40 '/ cannot be entered'
  guard . / shared
  while [ -n "$todo" ]; do
    part=${todo%%/*}
    case $todo in
      */*) todo=${todo#*/} ;;
      *) todo='' ;;
    esac
    place=${PWD%/}/$part
    case $part in
      '' | .) continue ;;
      ..)
        place=${PWD%/*}
        place=${place:-/}
        ;;
    esac
    if [ -L "./$part" ]; then
      guard "./$part" "$place"
      links=$((links + 1))
      [ "$links" -le 40 ] || fail 40 "$1 cannot be made: $place is a link that leads back to itself"
      target=$(exec readlink -- "./$part") || fail 40 "$place cannot be read"
      case $target in /*) cd / || fail 40 '/ cannot be entered' ;; esac
      todo=$target/$todo
      continue
    fi
    # Others may look into the folders; the mode of the key protects the key.
    [ -e "./$part" ] || (umask 022 && exec mkdir -- "./$part") 2>/dev/null
    cd -P -- "./$part" 2>/dev/null || fail 40 "$1 cannot be made"
    # In a sticky folder it could have been replaced by a link just now.
    [ "$PWD" = "$place" ] || fail 40 "$place was replaced by a link while this ran; look who does that"
    guard . "$place" shared
  done
  guard . "$1"
}

enter "$FOLDER"
[ -e versions ] || [ -L versions ] || (umask 022 && exec mkdir versions) 2>/dev/null
{ [ -d versions ] && [ ! -L versions ]; } || fail 40 "$FOLDER/versions is no folder and cannot be made one; remove it"
guard versions "$FOLDER/versions"
if [ -e .lock ] || [ -L .lock ]; then
  { [ -f .lock ] && [ ! -L .lock ]; } || fail 40 "$FOLDER/.lock is no file; remove it"
  guard .lock "$FOLDER/.lock"
fi

# --- What is installed ------------------------------------------------------------------------------------------------

# Nothing that outlives a killed run may hold its lock. Functions from here on run with the lock's descriptor closed: the
# shell keeps it for itself, under another number that no program inherits. But a copy of the shell has it too, so what
# stands in $( ) or ( ) is one program that takes the place of that copy: exec.

# The end of a certificate, in seconds since 1970, as $end.
end_of() {
  ends=$(exec openssl x509 -noout -enddate -in "$1" 2>/dev/null) || return 1
  end=$(exec date -u -d "${ends#notAfter=}" +%s 2>/dev/null)
}

# A time in seconds since 1970 for people, as $shown_time.
show_time() {
  shown_time=$(exec date -u -d "@$1" "$iso")
}

# Whether the certificate in folder $1 has the names of this node and no others.
has_our_names() {
  found=$(exec openssl x509 -noout -ext subjectAltName -in "$1/tls.crt" 2>/dev/null)
  between=$IFS
  IFS=", $newline"
  # Its first line is a heading.
  # shellcheck disable=SC2086 # one word for each name
  set -- ${found#*"$newline"}
  IFS=$between
  for name in $names; do
    case " $* " in
      *" DNS:$name "*) ;;
      *) return 1 ;;
    esac
  done
  found=$#
  # shellcheck disable=SC2086 # one word for each name
  set -- $names
  [ "$found" -eq "$#" ]
}

# Whether the chain in folder $1 leads to the trust anchor of this node at time $2. Nothing that came with the answer is
# trusted, and neither is what the system trusts.
leads_home() {
  for purpose in $PURPOSES; do
    said=$(exec env SSL_CERT_FILE=/nonexistent SSL_CERT_DIR=/nonexistent openssl verify -CAfile "$TRUST_ANCHOR" \
      -untrusted "$1/tls.crt" -purpose "$purpose" -attime "$2" "$1/tls.crt" 2>&1) && continue
    said=${said#*lookup: }
    said=${said%%"$newline"*}
    return 1
  done
}

# Whether the pair in folder $1 can be used now; if not, $code and $why say it, and $end is its end if it has one.
judge() {
  end_of "$1/tls.crt" || {
    code=30 why='it is no certificate'
    return 1
  }
  public=$(exec openssl x509 -noout -pubkey -in "$1/tls.crt" 2>/dev/null)
  if [ -z "$public" ] || [ "$public" != "$(exec openssl pkey -pubout -passin pass: -in "$1/tls.key" 2>/dev/null)" ]; then
    code=33 why='it was not made for the key beside it'
    return 1
  fi
  if ! has_our_names "$1"; then
    code=32 why="its names are not those of this node, which are ${shown% }"
    return 1
  fi
  now=$(exec date +%s)
  if [ "$end" -le "$now" ]; then
    show_time "$end"
    code=34 why="it ended on $shown_time"
    return 1
  fi
  leads_home "$1" "$now" && return 0
  code=31 why="its chain is refused: $said"
  case $said in *'not yet valid'*) code=34 ;; esac
  return 1
}

# Removes what an unfinished run made. Looks at the link and not at a note of ours: the signal may come right behind the
# rename. What is in use, or may be where the link cannot be read, stays.
# shellcheck disable=SC2317 # the trap calls it
tidy() {
  rm -f -- ".current.$$"
  if [ -L current ]; then
    link=$(exec readlink current) || return
    [ "$link" != "$new" ] || return
  fi
  rm -rf -- "$new"
}

# Removes what killed runs left and what is no longer in use, but for the folder that was in use before: somebody may
# be reading it. Folders are named by their time, so they sort by age.
prune() {
  kept=''
  if [ -L current ]; then kept=$(exec readlink current) || return 0; fi
  kept=${kept#versions/}
  before=''
  passed=''
  set +f
  for folder in versions/*; do
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
  rm -f -- .current.*
  set -f
}

# Finds the folder of the version in use, as $installed. A link that leads elsewhere is none of ours.
find_installed() {
  installed=current
  [ -L current ] || return 0
  # Where it cannot be read, it is still good to read the pair by.
  link=$(exec readlink current) || return 0
  case $link in
    versions/*/* | versions/.*) ;;
    versions/?*)
      installed=$link
      [ -e "$installed" ] || return 0
      [ -L "$installed" ] || {
        guard "$installed" "$FOLDER/$installed"
        return 0
      }
      ;;
  esac
  fail 40 "$FOLDER/current leads to $link, which is no folder of $FOLDER/versions; remove the link"
}

# Runs the reload command for the version in folder $1, where services start.
tell() {
  if [ -n "$RELOAD" ]; then
    (cd / && exec timeout -k 5 60 sh -c "$RELOAD" </dev/null >&2) ||
      fail 50 "the certificate is installed, but \"$RELOAD\" failed with $?; the next run tries it again"
    say 5 "ran \"$RELOAD\""
  fi
  true 2>/dev/null >"$1/.told" || fail 40 "$FOLDER/current cannot be written"
}

# Ends the run if nothing is due; else $reason says why something is.
look() {
  installed_end=0
  if [ ! -e "$installed/tls.crt" ]; then
    standing='no certificate is installed'
    reason='there is none yet'
    return
  fi
  if ! judge "$installed"; then
    standing="the certificate in $FOLDER/current is not usable: $why"
    reason="the installed one is not usable: $why"
    return
  fi
  installed_end=$end
  show_time "$end"
  standing="the installed certificate stays in use until $shown_time"
  if [ "$end" -lt $((now + WINDOW)) ]; then
    reason="the installed one ends on $shown_time"
  elif ! leads_home "$installed" $((now + WINDOW)); then
    reason="the chain of the installed one ends: $said"
  elif [ "$(exec cat -- "$TRUST_ANCHOR")" != "$(exec cat -- "$installed/ca.crt" 2>/dev/null)" ]; then
    reason='the trust anchor is another one'
  elif [ -n "$force" ]; then
    reason='it was asked for'
  else
    ends=$shown_time
    show_time $((end - WINDOW))
    say 6 "nothing is due: the certificate for ${shown% } ends on $ends and is renewed from $shown_time"
    [ -e "$installed/.told" ] || tell "$installed"
    exit 0
  fi
}

# --- A new one --------------------------------------------------------------------------------------------------------

# Makes key and request.
request() {
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
}

# Asks the pool for a certificate.
ask() {
  # An id that says whose it is and is never used twice, since the key is new each time.
  id=$NODE_GROUP-${names%%.*}
  while [ "${#id}" -gt 46 ]; do id=${id%?}; done
  digest=$(exec openssl dgst -sha256 -r "$work/request.pem")
  id=$id-${digest%"${digest#????????????????}"}
  say 6 "asks pool $POOL in $LOCATION of $PROJECT for ${shown% } because $reason (certificate id $id)"
  # Its files have relative names: it writes where this run is, too.
  complaint=$(
    exec env "CLOUDSDK_CONFIG=${CLOUDSDK_CONFIG:-$work/gcloud}" CLOUDSDK_CORE_DISABLE_FILE_LOGGING=1 \
      timeout -k 10 120 gcloud privateca certificates create "$id" \
      "--project=$PROJECT" "--issuer-location=$LOCATION" "--issuer-pool=$POOL" \
      "--template=projects/$PROJECT/locations/$LOCATION/certificateTemplates/$TEMPLATE" \
      "--csr=$work/request.pem" "--cert-output-file=$work/answer.pem" "--validity=PT${LIFETIME}S" --quiet \
      2>&1 </dev/null
  ) && return
  status=$?
  [ "$status" -ne 124 ] || fail 21 'the pool did not answer within 120 seconds'
  # Its last three lines.
  earlier=${complaint%"$newline"*"$newline"*"$newline"*}
  [ "$earlier" = "$complaint" ] || complaint=${complaint#"$earlier$newline"}
  complaint=$(
    exec tr -cs '[:print:]' ' ' <<END
$complaint
END
  )
  fail 21 "the pool gave no certificate; gcloud ended with $status: ${complaint% }"
}

# The answer in parts, each in PEM form of our own. Its root is left out: nobody who needs it would believe it.
unpack() {
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
    parsed=$(exec openssl x509 -subject_hash -issuer_hash -in "$work/$part.pem" 2>/dev/null) ||
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
}

# Puts the new version in the place of the old one, in one rename.
put_in_place() {
  {
    rm -rf -- "$work" &&
      chmod 0644 "$new/tls.crt" "$new/ca.crt" &&
      { [ -z "$reader" ] || { chgrp -- "$reader" "$new/tls.key" && chmod 0640 "$new/tls.key"; }; } &&
      chmod 0755 "$new" &&
      sync "$new/tls.key" "$new/tls.crt" "$new/ca.crt" "$new" versions &&
      ln -s -- "$new" ".current.$$" &&
      mv -fT -- ".current.$$" current
  } 2>/dev/null || fail 40 "$FOLDER cannot be written"
  sync . 2>/dev/null
}

renew() {
  find_installed
  prune
  look
  new=versions/$(exec date -u +%Y%m%dT%H%M%SZ)-$$
  work=$new/.work
  # At the end of the run the shell may have opened the lock's descriptor again.
  trap 'tidy 9>&-' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -- "$new" "$work" 2>/dev/null || fail 40 "$FOLDER/versions cannot be written"
  request
  ask
  unpack
  # Looked at as it lies on the disk and will be read.
  judge "$new" || fail "$code" "the answer is refused: $why"
  show_time "$end"
  ends=$shown_time
  short=''
  if [ "$end" -lt $((now + LEAST)) ] || ! leads_home "$new" $((now + LEAST)); then
    # A usable certificate is better than none, so it is refused only where it would make things worse.
    [ "$end" -gt "$installed_end" ] ||
      fail 34 "the answer is refused: it ends on $ends, sooner than promised and no later than the installed one"
    short=yes
  fi
  put_in_place
  standing=''
  prune
  show_time $((end - WINDOW))
  say 5 "installed a certificate for ${shown% } that ends on $ends and is renewed from $shown_time"
  tell "$new"
  [ -z "$short" ] || fail 51 "the certificate is installed, but it or its chain ends sooner than promised; look at the pool's policy and its CAs"
  exit 0
}

true 2>/dev/null >>.lock || fail 40 "$FOLDER cannot be written"
exec 9>>.lock
# The kernel lets go of it when this process ends, however it ends.
flock -n 9 || fail 13 'another run is at work'
renew 9>&-
