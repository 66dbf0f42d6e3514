"""moto's AWS server with the leniencies removed that would let a broken certificate stack pass.

Only what moto 5.2.1 gets wrong for ACM, Route 53 and ELBv2 is replaced; the version is asserted because the
patches reach into its models. Around it lie a call log, fault injection and a control path for tests:

    GET|DELETE /_strict/log        calls in order          GET /_strict/counters   calls per service and action
    GET        /_strict/inventory  everything stored       PUT /_strict/faults     {share, seed, kind, services, actions}
    PUT        /_strict/zone       {id, name, private?, account?}    a zone whose id the test chooses
    PUT        /_strict/listener   {arn}                             a load balancer and HTTPS listener by listener ARN
    POST       /_strict/records    {zone, changes: [{action, name, type, ttl, values}]}   a change behind Terraform's back

It prints one line of JSON, {"port": ...}, and ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import io
import json
import re
import socket
import sys
import threading
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterable
from urllib.parse import parse_qs
from xml.etree import ElementTree

import moto

MOTO_VERSION = "5.2.1"
if moto.__version__ != MOTO_VERSION:
    sys.exit(f"strict_moto.py patches moto {MOTO_VERSION}, this is {moto.__version__}")

import moto.iam.models as iam_models  # noqa: E402
from moto.acm.exceptions import AWSValidationException  # noqa: E402
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends  # noqa: E402
from moto.acm.responses import AWSCertificateManagerResponse  # noqa: E402
from moto.cloudwatch.models import cloudwatch_backends  # noqa: E402
from moto.core.exceptions import AWSError  # noqa: E402
from moto.elbv2.exceptions import ELBClientError  # noqa: E402
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListener, FakeLoadBalancer, elbv2_backends  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from moto.route53.exceptions import Route53ClientError  # noqa: E402
from moto.route53.models import FakeZone, RecordSet, Route53Backend, route53_backends  # noqa: E402
from moto.route53.responses import Route53  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

Json = dict[str, Any]
options: argparse.Namespace


def normal(name: str) -> str:
    """A DNS name as Route 53 stores it: lower case, one trailing dot, an escaped wildcard."""
    return name.lower().rstrip(".").replace("*", "\\052") + "."


def epoch(moment: datetime) -> float:
    return float(int(moment.timestamp()))


def backends_of(registry: Any) -> Iterable[tuple[str, str, Any]]:
    """Every (account, region, backend) the server has touched so far."""
    for account, regions in list(registry.items()):
        for region, backend in list(regions.items()):
            yield account, region, backend


# --- Route 53 ---------------------------------------------------------------------------------------------------


def resolves(name: str, value: str) -> bool:
    """Whether a resolver would find the CNAME: it asks the most specific public zone, wherever else a copy lies."""
    name = normal(name)
    zones = [zone for _, _, backend in backends_of(route53_backends) for zone in list(backend.zones.values())]
    covering = [z for z in zones if not z.private_zone and f".{name}".endswith(f".{normal(z.name)}")]
    longest = max((len(z.name) for z in covering), default=0)
    return any(
        normal(r.name) == name and r.type == "CNAME" and [normal(v) for v in r.records] == [normal(value)]
        for z in covering
        if len(z.name) == longest
        for r in list(z.rrsets)
    )


def refuse(message: str) -> Route53ClientError:
    return Route53ClientError("InvalidChangeBatch", f"[{message}]")


def change_resource_record_sets(self: Route53Backend, zoneid: str, change_list: list[Json]) -> None:
    """moto keeps a journal and forgets deletions in it; a batch is judged here by what the zone holds, as on AWS."""
    zone = self.get_hosted_zone(zoneid)
    rrsets = list(zone.rrsets)
    for change in copy.deepcopy(change_list):
        action, wanted = change["Action"], change["ResourceRecordSet"]
        wanted["Name"] = wanted["Name"].lower().rstrip(".") + "."
        name, kind = normal(wanted["Name"]), wanted["Type"]
        if name != normal(zone.name) and not name.endswith("." + normal(zone.name)):
            raise refuse(f"RRSet with DNS name {name} is not permitted in zone {zone.name}")
        if "ResourceRecords" in wanted:
            wanted["ResourceRecords"] = [record["Value"] for record in wanted["ResourceRecords"]]
        label = f"resource record set [name='{name}', type='{kind}']"
        same_name = [r for r in rrsets if normal(r.name) == name]
        found = [r for r in same_name if r.type == kind and r.set_identifier == wanted.get("SetIdentifier")]
        if action == "DELETE":
            if not found:
                raise refuse(f"Tried to delete {label} but it was not found")
            same_values = found[0].records == wanted.get("ResourceRecords", [])
            if "ResourceRecords" in wanted and not (same_values and str(found[0].ttl) == str(wanted.get("TTL"))):
                raise refuse(f"Tried to delete {label} but the values provided do not match the current values")
            rrsets.remove(found[0])
            continue
        if action == "CREATE" and found:
            raise refuse(f"Tried to create {label} but it already exists")
        others = [r for r in same_name if r.type != kind]
        if (kind == "CNAME" and others) or any(r.type == "CNAME" for r in others):
            raise refuse(f"RRSet of type CNAME with DNS name {name} conflicts with another RRSet of that name")
        if found:
            rrsets[rrsets.index(found[0])] = RecordSet(wanted)
        else:
            rrsets.append(RecordSet(wanted))
    zone.rrsets = rrsets


def create_hosted_zone(self: Route53, original: Callable[[Route53], Any]) -> Any:
    """A zone made with a VPC is private whatever its comment block says; moto looks at the block only."""
    if self._get_param("VPC.VPCId"):
        read = self._get_bool_param
        self._get_bool_param = lambda name, default=None: (  # type: ignore[method-assign]
            True if name == "HostedZoneConfig.PrivateZone" else read(name, default)
        )
    return original(self)


# --- ACM --------------------------------------------------------------------------------------------------------

KEY_ALGORITHMS = {"RSA_2048", "EC_prime256v1", "EC_secp384r1"}


def validation_record(account: str, domain: str) -> tuple[str, str]:
    """The CNAME that proves a name: one per account and name for ever, shared by the wildcard below it."""
    domain = domain.lower().removeprefix("*.")

    def digest(salt: str) -> str:
        return hashlib.md5(f"{salt}/{account}/{domain}".encode()).hexdigest()

    return f"_{digest('name')}.{domain}.", f"_{digest('value')}.{digest('zone')[:10]}.acm-validations.aws."


def listeners_using(arn: str) -> list[FakeListener]:
    return [
        listener
        for _, _, backend in backends_of(elbv2_backends)
        for balancer in list(backend.load_balancers.values())
        for listener in list(balancer.listeners.values())
        if arn in listener.certificates or arn == listener.certificate
    ]


def check(self: CertBundle) -> None:
    """moto issues after a minute; ACM issues when it can look up every record, and otherwise waits."""
    if self.type != "AMAZON_ISSUED" or self.status != "PENDING_VALIDATION" or self.method != "DNS":
        return
    if all(resolves(*validation_record(self.account, name)) for name in self.names):
        self.status = "ISSUED"
        self.issued_at = datetime.now(timezone.utc)


def describe(self: CertBundle, original: Callable[[CertBundle], Json]) -> Json:
    answer = original(self)
    body = answer["Certificate"]
    body["InUseBy"] = sorted({listener.load_balancer_arn for listener in listeners_using(self.arn)})
    if self.type != "AMAZON_ISSUED":
        return answer
    body["KeyAlgorithm"] = self.algorithm
    body["SubjectAlternativeNames"] = self.names
    body["Issuer"] = "Amazon"
    body["DomainValidationOptions"] = []
    for name in self.names:
        record_name, record_value = validation_record(self.account, name)
        proved = self.status == "ISSUED" or (self.method == "DNS" and resolves(record_name, record_value))
        option: Json = {"DomainName": name, "ValidationDomain": name, "ValidationMethod": self.method}
        option["ValidationStatus"] = "SUCCESS" if proved else "PENDING_VALIDATION"
        if self.method == "DNS":
            option["ResourceRecord"] = {"Name": record_name, "Type": "CNAME", "Value": record_value}
        else:
            option["ValidationEmails"] = [f"admin@{name.removeprefix('*.')}"]
        body["DomainValidationOptions"].append(option)
    if self.status != "ISSUED":
        for late in ("NotBefore", "NotAfter", "IssuedAt", "Serial"):
            del body[late]
    else:
        body["IssuedAt"] = body["NotBefore"] = epoch(self.issued_at)
        body["NotAfter"] = epoch(self.issued_at + timedelta(days=options.lifetime_days))
        body["RenewalEligibility"] = "ELIGIBLE" if body["InUseBy"] else "INELIGIBLE"
    return answer


def request_certificate(self: AWSCertificateManagerResponse) -> str:
    """moto drops the key algorithm, the method and the order of names, and counts names against a fixed quota."""
    domain = self._get_param("DomainName")
    names = list(dict.fromkeys([domain, *(self._get_param("SubjectAlternativeNames") or [])]))
    algorithm = self._get_param("KeyAlgorithm") or "RSA_2048"
    if len(domain) > 64:
        raise AWSValidationException("The first domain name can have no more than 64 characters")
    if len(names) > options.names_quota:
        raise AWSError("ACM cannot request the certificate: too many domain names", "LimitExceededException")
    if algorithm not in KEY_ALGORITHMS:
        raise AWSValidationException(f"Key algorithm {algorithm} cannot be requested")
    arn = self.acm_backend.request_certificate(
        domain,
        self._get_param("IdempotencyToken"),
        names,
        self._get_param("Tags"),
        self._get_param("CertificateAuthorityArn"),
        {
            "CertificateTransparencyLoggingPreference": "ENABLED",
            "Export": "DISABLED",
            **(self._get_param("Options") or {}),
        },
    )
    bundle = self.acm_backend._certificates[arn]
    bundle.account, bundle.names, bundle.algorithm = self.current_account, names, algorithm
    bundle.method = self._get_param("ValidationMethod") or "EMAIL"
    return json.dumps({"CertificateArn": arn})


def update_certificate_options(self: AWSCertificateManagerResponse) -> str:
    """Not in moto at all, and what the provider calls when the transparency setting changes."""
    self.acm_backend.get_certificate(self._get_param("CertificateArn")).cert_options.update(self._get_param("Options"))
    return ""


def list_certificates(
    self: AWSCertificateManagerBackend, statuses: list[str], includes: Json | None
) -> Iterable[CertBundle]:
    """Without a filter for key types ACM lists RSA certificates only, which surprises whoever looks for the others."""
    key_types = (includes or {}).get("keyTypes") or ["RSA_1024", "RSA_2048"]
    for arn in list(self._certificates):
        certificate = self.get_certificate(arn)
        if statuses and certificate.status not in statuses:
            continue
        if certificate.describe()["Certificate"]["KeyAlgorithm"] in key_types:
            yield certificate


def delete_certificate(
    self: AWSCertificateManagerBackend, arn: str, original: Callable[[AWSCertificateManagerBackend, str], None]
) -> None:
    if listeners_using(arn):
        raise AWSError(f"Certificate {arn} in account {self.account_id} is in use.", "ResourceInUseException")
    original(self, arn)


# --- ELBv2 ------------------------------------------------------------------------------------------------------


def add_listener_certificates(self: ELBv2Backend, arn: str, certificates: list[Json]) -> list[str]:
    """A load balancer refuses what does not exist or is not issued, and takes the same certificate twice as once."""
    listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
    for wanted in (c["CertificateArn"] for c in certificates):
        found = acm_backends[self.account_id][self.region_name]._certificates.get(wanted)
        if found is None:
            raise ELBClientError("CertificateNotFound", f"Certificate '{wanted}' not found")
        found.check()
        if found.status != "ISSUED":
            raise ELBClientError(
                "UnsupportedCertificate",
                f"The certificate '{wanted}' must have a fully-qualified domain name, a supported signature, and a supported key size.",
            )
        if wanted not in listener.certificates:
            listener.certificates.append(wanted)
    return listener.certificates


def remove_listener_certificates(self: ELBv2Backend, arn: str, certificates: list[Json]) -> None:
    listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
    gone = [c["CertificateArn"] for c in certificates]
    if listener.certificate in gone:
        raise ELBClientError("OperationNotPermitted", "The default certificate of a listener cannot be removed")
    listener.certificates = [c for c in listener.certificates if c not in gone]


def patch() -> None:
    acm, bundle, responses = AWSCertificateManagerBackend, CertBundle, AWSCertificateManagerResponse
    described, deleted, created = bundle.describe, acm.delete_certificate, Route53.create_hosted_zone
    bundle.account, bundle.names, bundle.algorithm, bundle.method = "", [], "RSA_2048", "DNS"  # type: ignore[attr-defined]
    bundle.check = check  # type: ignore[method-assign]
    bundle.describe = lambda self: describe(self, described)  # type: ignore[method-assign]
    acm.list_certificates = list_certificates  # type: ignore[method-assign]
    acm.delete_certificate = lambda self, arn: delete_certificate(self, arn, deleted)  # type: ignore[method-assign]
    responses.request_certificate = request_certificate  # type: ignore[method-assign]
    responses.update_certificate_options = update_certificate_options  # type: ignore[attr-defined]
    Route53Backend.change_resource_record_sets = change_resource_record_sets  # type: ignore[method-assign]
    Route53.create_hosted_zone = lambda self: create_hosted_zone(self, created)  # type: ignore[method-assign]
    ELBv2Backend.add_listener_certificates = add_listener_certificates  # type: ignore[method-assign]
    ELBv2Backend.remove_listener_certificates = remove_listener_certificates  # type: ignore[method-assign]
    iam_models.DEFAULT_ACCOUNT_ID = options.account
    if options.skip_change_wait:
        skip_change_wait()


def skip_change_wait() -> None:
    """The provider sleeps 10 to 30 s before it first asks whether a change is in sync, and only if it was given a
    change to ask about. The change itself is done either way, so leaving it out saves time and nothing else."""
    changed = Route53.change_resource_record_sets

    def answer(self: Route53) -> Any:
        result = changed(self)
        result._result.pop("ChangeInfo", None)
        return result

    Route53.change_resource_record_sets = answer  # type: ignore[method-assign]


# --- what tests set up and look at ------------------------------------------------------------------------------


def partition_backend(account: str) -> Route53Backend:
    return route53_backends[account]["aws"]


def put_zone(body: Json) -> Json:
    backend = partition_backend(body.get("account") or options.account)
    zone = backend.create_hosted_zone(body["name"].rstrip(".") + ".", private_zone=bool(body.get("private")))
    del backend.zones[zone.resource_id]
    zone.resource_id = body["id"]
    backend.zones[body["id"]] = zone
    return {"id": zone.resource_id, "name": zone.name}


def put_listener(body: Json) -> Json:
    """arn:aws:elasticloadbalancing:<region>:<account>:listener/<app|net>/<name>/<load balancer>/<listener>"""
    arn = body["arn"]
    _, _, _, region, account, path = arn.split(":", 5)
    kind, name = path.split("/")[1:3]
    backend = elbv2_backends[account][region]
    balancer_arn = arn.replace(":listener/", ":loadbalancer/").rsplit("/", 1)[0]
    balancer = backend.load_balancers.get(balancer_arn) or FakeLoadBalancer(
        name, [], [], "vpc-1", balancer_arn, f"{name}-1.{region}.elb.amazonaws.com", "active",
        loadbalancer_type="network" if kind == "net" else "application",
    )  # fmt: skip
    backend.load_balancers[balancer_arn] = balancer
    default = f"arn:aws:iam::{account}:server-certificate/default"
    actions = [FakeAction({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})]
    balancer.listeners[arn] = FakeListener(
        balancer_arn, arn, "TLS" if kind == "net" else "HTTPS", "443", "ELBSecurityPolicy-TLS13-1-2-2021-06", default,
        actions, None,
    )  # fmt: skip
    return {"arn": arn}


def post_records(body: Json) -> Json:
    changes = [
        {
            "Action": change["action"],
            "ResourceRecordSet": {
                "Name": change["name"],
                "Type": change["type"],
                "TTL": str(change.get("ttl", 300)),
                "ResourceRecords": [{"Value": value} for value in change["values"]],
            },
        }
        for change in body["changes"]
    ]
    partition_backend(body.get("account") or options.account).change_resource_record_sets(body["zone"], changes)
    return {}


def inventory() -> Json:
    zones = [
        {
            "account": account,
            "id": zone.resource_id,
            "name": zone.name.rstrip("."),
            "private": zone.private_zone,
            "records": [
                {"name": r.name.rstrip("."), "type": r.type, "ttl": int(r.ttl), "values": list(r.records)}
                for r in zone.rrsets
                if r.type not in ("SOA", "NS")
            ],
        }
        for account, _, backend in backends_of(route53_backends)
        for zone in backend.zones.values()
    ]
    certificates = [
        {"account": account, "region": region, "tags": dict(bundle.tags), **bundle.describe()["Certificate"]}
        for account, region, backend in backends_of(acm_backends)
        for bundle in [backend.get_certificate(arn) for arn in list(backend._certificates)]
    ]
    listeners = [
        {"arn": listener.arn, "certificates": [c for c in listener.certificates if c != listener.certificate]}
        for _, _, backend in backends_of(elbv2_backends)
        for balancer in backend.load_balancers.values()
        for listener in balancer.listeners.values()
    ]
    alarms = [
        {"account": account, "region": region, "name": name}
        for account, region, backend in backends_of(cloudwatch_backends)
        for name in backend.alarms
    ]
    return {"zones": zones, "certificates": certificates, "listeners": listeners, "alarms": alarms}


# --- call log and faults ----------------------------------------------------------------------------------------

ROUTE53_ACTIONS = [
    ("POST", r"/hostedzone/[^/]+/rrset/?$", "ChangeResourceRecordSets"),
    ("GET", r"/hostedzone/[^/]+/rrset/?$", "ListResourceRecordSets"),
    ("POST", r"/hostedzone$", "CreateHostedZone"),
    ("GET", r"/hostedzone$", "ListHostedZones"),
    ("GET", r"/hostedzone/[^/]+$", "GetHostedZone"),
    ("DELETE", r"/hostedzone/[^/]+$", "DeleteHostedZone"),
    ("GET", r"/change/[^/]+$", "GetChange"),
    ("GET", r"/hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", r"/tags/", "ListTagsForResource"),
    ("POST", r"/tags/", "ChangeTagsForResource"),
]
KEY_PARAMETERS = {
    "CertificateArn", "DomainName", "SubjectAlternativeNames", "ListenerArn", "AlarmName", "ResourceARN", "RoleArn",
    "KeyAlgorithm", "Certificates.member.1.CertificateArn", "ListenerArns.member.1", "AlarmNames.member.1", "CertificateStatuses",
}  # fmt: skip


def read_call(environ: Json, body: bytes) -> Json:
    """Service, action and the parameters that tell one call from another, read from the wire like AWS does."""
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    region, service = scope.groups() if scope else ("", "")
    call: Json = {"service": service, "region": region, "action": "", "protocol": "query", "parameters": {}}
    path = re.sub(r"^/[\d_-]+", "", environ.get("PATH_INFO", ""))
    parameters: Json = {}
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        call |= {"action": target.split(".")[-1], "protocol": "json"}
        parameters = json.loads(body or b"{}")
    elif environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        call |= {"action": path.rsplit("/", 1)[-1], "protocol": "cbor"}
    elif service == "route53":
        method = environ["REQUEST_METHOD"]
        call["protocol"] = "xml"
        call["action"] = next((a for m, p, a in ROUTE53_ACTIONS if m == method and re.search(p, path)), method)
        call["parameters"]["path"] = path
        if call["action"] == "ChangeResourceRecordSets":
            call["parameters"]["changes"] = read_changes(body)
        return call
    else:
        parameters = {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
        call["action"] = parameters.get("Action", "")
    call["parameters"] = {k: v for k, v in parameters.items() if k in KEY_PARAMETERS}
    return call


def read_changes(body: bytes) -> list[str]:
    tag = "{https://route53.amazonaws.com/doc/2013-04-01/}"
    return [
        f"{c.findtext(tag + 'Action')} {c.findtext(f'.//{tag}Name')} {c.findtext(f'.//{tag}Type')}"
        for c in ElementTree.fromstring(body).iter(tag + "Change")
    ]


def fault_answer(kind: str, call: Json) -> tuple[str, str, bytes]:
    """Status line, content type and body of a refusal, in the shape the service's own protocol has for it."""
    busy = kind == "unavailable"
    status = "503 Service Unavailable" if busy else "400 Bad Request"
    text = "Service is unavailable" if busy else "Rate exceeded"
    code = "ServiceUnavailable" if busy else "Throttling"
    json_code = "InternalServerError" if busy else "ThrottlingException"
    if call["protocol"] == "json":
        return status, "application/x-amz-json-1.1", json.dumps({"__type": json_code, "message": text}).encode()
    if call["protocol"] == "cbor":
        words = ("__type", json_code, "message", text)
        return status, "application/cbor", b"\xa2" + b"".join(bytes([0x78, len(w)]) + w.encode() for w in words)
    sender = "Receiver" if busy else "Sender"
    error = f"<Error><Type>{sender}</Type><Code>{code}</Code><Message>{text}</Message></Error>"
    namespace = ' xmlns="https://route53.amazonaws.com/doc/2013-04-01/"' if call["protocol"] == "xml" else ""
    document = f"<ErrorResponse{namespace}>{error}<RequestId>strict</RequestId></ErrorResponse>"
    return status, "text/xml", document.encode()


class Recorder:
    """Stands in front of moto: decides which calls are refused, lets the rest through, and remembers all of them."""

    def __init__(self, application: Callable[..., Any], faults: Json) -> None:
        self.application = application
        self.lock = threading.Lock()
        self.log: list[Json] = []
        self.seen: Counter[str] = Counter()
        self.faults = faults

    def fault(self, call: Json) -> str | None:
        """Whether a call fails depends on the seed, the call and how often it was made, never on which other calls
        ran at the same time: two runs with one seed meet the same faults."""
        rule = self.faults
        if rule.get("services") and call["service"] not in rule["services"]:
            return None
        if rule.get("actions") and call["action"] not in rule["actions"]:
            return None
        with self.lock:
            identity = json.dumps([call["service"], call["action"], self.stable(call)], sort_keys=True)
            self.seen[identity] += 1
            draw = hashlib.sha256(f"{rule.get('seed', 0)}/{identity}/{self.seen[identity]}".encode()).digest()
        return rule.get("kind", "throttle") if int.from_bytes(draw[:4], "big") < rule.get("share", 0) * 2**32 else None

    @staticmethod
    def stable(call: Json) -> Json:
        return {k: v for k, v in call["parameters"].items() if "acm:" not in str(v)}

    def __call__(self, environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"].startswith("/_strict/"):
            return self.control(environ, body, start_response)
        call = read_call(environ, body)
        fault = self.fault(call)
        if fault == "slow":
            time.sleep(self.faults.get("seconds", 2))
        if fault == "reset":
            self.record(call, 0)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("reset on purpose")
        if fault in ("throttle", "unavailable"):
            status, content_type, answer = fault_answer(fault, call)
            self.record(call, int(status[:3]), fault=fault)
            start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(answer)))])
            return [answer]
        seen: list[int] = []

        def remember(status: str, headers: Any, error: Any = None) -> Any:
            seen.append(int(status[:3]))
            return start_response(status, headers, error)

        try:
            answer = b"".join(self.application(environ, remember))
        finally:
            self.record(call, seen[0] if seen else 500)
        return [answer]

    def record(self, call: Json, status: int, **more: Any) -> None:
        with self.lock:
            self.log.append({"at": round(time.time(), 3), **call, "status": status, **more})

    def control(self, environ: Json, body: bytes, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, name = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/_strict/")
        given = json.loads(body) if body else {}
        kind, status = "application/json", "200 OK"
        try:
            if (method, name) == ("GET", "log"):
                with self.lock:
                    answer, kind = "".join(json.dumps(line) + "\n" for line in self.log), "application/x-ndjson"
            elif (method, name) == ("DELETE", "log"):
                with self.lock:
                    self.log, answer = [], "{}"
            elif (method, name) == ("GET", "counters"):
                answer = json.dumps(self.counters())
            elif (method, name) == ("PUT", "faults"):
                with self.lock:
                    self.faults, self.seen, answer = given, Counter(), "{}"
            else:
                routes = {("GET", "inventory"): lambda _: inventory(), ("PUT", "zone"): put_zone}
                routes |= {("PUT", "listener"): put_listener, ("POST", "records"): post_records}
                answer = json.dumps(routes[method, name](given))
        except Exception as error:  # noqa: BLE001 - a test wants the reason, whatever it is
            status, answer = "400 Bad Request", json.dumps({"error": f"{type(error).__name__}: {error}"})
        encoded = answer.encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(encoded)))])
        return [encoded]

    def counters(self) -> Json:
        table: dict[str, Json] = defaultdict(lambda: {"calls": 0, "refused": 0, "failed": 0})
        with self.lock:
            for line in self.log:
                row = table[f"{line['service']}.{line['action']}"]
                row["calls"] += 1
                row["refused"] += "fault" in line
                row["failed"] += line["status"] >= 400 and "fault" not in line
        return dict(sorted(table.items()))


class QuietHandler(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


def main() -> None:
    global options
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--account", default="123456789012", help="the account of whoever has no role of another one")
    parser.add_argument("--faults", type=float, default=0.0, help="share of calls refused, 0 to 1")
    parser.add_argument("--fault-kind", default="throttle", choices=["throttle", "unavailable", "reset", "slow"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names-quota", type=int, default=10, help="names per certificate")
    parser.add_argument("--lifetime-days", type=int, default=198)
    parser.add_argument("--skip-change-wait", action="store_true", help="answer record changes without a change to poll")
    options = parser.parse_args()
    patch()
    recorder = Recorder(
        DomainDispatcherApplication(create_backend_app),
        {"share": options.faults, "seed": options.seed, "kind": options.fault_kind},
    )
    server = make_server("127.0.0.1", 0, recorder, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
