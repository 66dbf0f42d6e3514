#!/bin/sh
# Stands in for gcloud: knows one command and its flags, and signs with an authority in $FAKE_POOL. How it misbehaves
# is $FAKE_ANSWER; a certificate ends in $FAKE_LEFT seconds; it waits while $FAKE_GATE exists; $FAKE_GATE.reached says
# that it does.
set -eu
PATH=/usr/local/bin:/usr/bin:/bin
# shellcheck disable=SC3045 # every shell here has it
ulimit -S -f unlimited
pool=$FAKE_POOL
printf '%s\n' "$*" >>"$FAKE_CALLS"
env >>"$FAKE_CALLS.environment"
[ "${1:-} ${2:-} ${3:-}" = 'privateca certificates create' ] || { echo "ERROR: (gcloud) Invalid choice: '$*'" >&2; exit 2; }
shift 3
id='' csr='' output='' validity='' location='' issuer='' project='' template=''
for argument do
  value=${argument#*=}
  case $argument in
    --csr=*) csr=$value ;;
    --cert-output-file=*) output=$value ;;
    --validity=*) validity=$value ;;
    --issuer-location=*) location=$value ;;
    --issuer-pool=*) issuer=$value ;;
    --project=*) project=$value ;;
    --template=*) template=$value ;;
    --quiet) ;;
    -*) echo "ERROR: (gcloud.privateca.certificates.create) unrecognized arguments: $argument" >&2; exit 2 ;;
    *) id=$argument ;;
  esac
done
[ "$project/$location/$issuer" = 'acme-training/us-central1/issuing' ]
[ "$template" = 'projects/acme-training/locations/us-central1/certificateTemplates/trainers' ]
case $id in *[!a-zA-Z0-9_-]*) exit 3 ;; esac
[ "${#id}" -ge 1 ] && [ "${#id}" -le 63 ]
[ ! -e "$FAKE_CALLS.$id" ] || { echo 'ERROR: (gcloud.privateca.certificates.create) ALREADY_EXISTS' >&2; exit 1; }
: >"$FAKE_CALLS.$id"
[ "$validity" = PT86400S ]
openssl req -in "$csr" -noout -verify 2>/dev/null

case $FAKE_ANSWER in
  down) echo 'ERROR: gcloud crashed (TransportError): HTTPSConnectionPool: Max retries exceeded' >&2; exit 1 ;;
  refused) echo 'ERROR: (gcloud.privateca.certificates.create) PERMISSION_DENIED: no' >&2; exit 1 ;;
  silent) exit 0 ;;
  empty) : >"$output"; exit 0 ;;
  garbage) head -c 3000 /dev/urandom >"$output"; exit 0 ;;
  page) echo '<html>Sign in to the network</html>' >"$output"; exit 0 ;;
  broken) printf '%s\n' '-----BEGIN CERTIFICATE-----' MIIB '-----END CERTIFICATE-----' >"$output"; exit 0 ;;
esac

own=$(mktemp -d "$FAKE_CALLS.XXXXXX")
trap 'rm -rf "$own"' EXIT
cp "$csr" "$own/csr"
names=$(openssl req -in "$csr" -noout -text | sed -n 's/^ *DNS:/DNS:/p' | tr -d ' ')
usage='serverAuth, clientAuth'
by=issuing
start=0
case $FAKE_ANSWER in
  stranger | foreign) by=$FAKE_ANSWER ;;
  other-name) names=DNS:other.train.example.internal ;;
  swapped-name) names=${names%,*},DNS:other.train.example.internal ;;
  more-names) names=$names,DNS:other.train.example.internal ;;
  no-name) names='' ;;
  other-key) cp "$pool/other.csr" "$own/csr" ;;
  usage) usage=codeSigning ;;
  future) start=7200 ;;
esac
now=$(date +%s)
{
  cat "$pool/ca.cnf"
  echo "extendedKeyUsage = $usage"
  [ -z "$names" ] || echo "subjectAltName = $names"
} >"$own/ca.cnf"
: >"$own/index.txt"
stamp() { date -u -d "@$1" +%Y%m%d%H%M%SZ; }
(cd "$own" && openssl ca -batch -notext -config ca.cnf -cert "$pool/$by.pem" -keyfile "$pool/$by.key" -in csr -out leaf \
  -startdate "$(stamp $((now + start - ${FAKE_AGE:-60})))" -enddate "$(stamp $((now + FAKE_LEFT)))" 2>/dev/null)
[ -z "${FAKE_GATE:-}" ] || : >"$FAKE_GATE.reached"
while [ -n "${FAKE_GATE:-}" ] && [ -e "$FAKE_GATE" ]; do sleep 0.02; done
case $FAKE_ANSWER in
  # Brings the root it wants to be believed by.
  stranger | foreign) cat "$own/leaf" "$pool/$by.pem" >"$output" ;;
  alone) cat "$own/leaf" >"$output" ;;
  cut) head -c 500 "$own/leaf" >"$output" ;;
  *) cat "$own/leaf" "$pool/issuing.pem" "$pool/root.pem" >"$output" ;;
esac
echo "Created Certificate [projects/$project/locations/$location/caPools/$issuer/certificates/$id]." >&2
