import { TerraformBackend, type TerraformRemoteState } from "cdktf";
import type { Construct } from "constructs";
import type { BackendConfig } from "../config/backend";

/** What tells the state of one stack from every other. */
export interface StateKey {
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
}

/** Where a stack's state is kept. */
export class StateBackend extends TerraformBackend {
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, backend: BackendConfig, key: StateKey) {
    super(scope, "state_backend", backend.type);
    this.#attributes = backendAttributes(backend, key);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.#attributes };
  }

  // HCP Terraform has a block of its own. The framework's class for it runs `terraform version` during synthesis.
  override toTerraform(): unknown {
    return this.name === "cloud" ? { terraform: { cloud: this.synthesizeAttributes() } } : super.toTerraform();
  }

  override toMetadata(): unknown {
    return this.name === "cloud" ? { ...super.toMetadata(), cloud: "tfc" } : super.toMetadata();
  }

  /** Stacks share nothing through each other's state. */
  getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error(`${this.node.path}: stacks do not read each other's state; pass the value through the config`);
  }
}

/** Terraform's arguments of a backend: the state key in the form that the backend has for it. */
export function backendAttributes(
  backend: BackendConfig,
  { project, environment, stack }: StateKey,
): Readonly<Record<string, unknown>> {
  const key = `${project}/${environment}/${stack}`;
  switch (backend.type) {
    case "local":
      // Beside the output folder, whose content belongs to synthesis and can be deleted at any time.
      return { path: `../../../state/${environment}/${stack}.tfstate` };
    case "s3":
      return {
        bucket: backend.bucket,
        key: prefixed(backend.keyPrefix, key),
        region: backend.region,
        encrypt: true,
        kms_key_id: backend.kmsKeyId,
        use_lockfile: true,
      };
    case "gcs":
      return { bucket: backend.bucket, prefix: prefixed(backend.prefix, key), kms_encryption_key: backend.kmsKey };
    case "azurerm":
      return {
        resource_group_name: backend.resourceGroup,
        storage_account_name: backend.storageAccount,
        container_name: backend.container,
        key,
      };
    case "http": {
      const lock = backend.lockAddress;
      return {
        address: under(backend.address, key),
        ...(lock === undefined ? {} : { lock_address: under(lock, key), unlock_address: under(lock, key) }),
      };
    }
    case "kubernetes":
      return { namespace: backend.namespace, secret_suffix: `${project}.${environment}.${stack}` };
    case "cloud":
      return {
        organization: backend.organization,
        workspaces: { name: `${project}_${environment}_${stack}`, project: backend.project },
      };
  }
}

const prefixed = (prefix: string | undefined, key: string) => (prefix === undefined ? key : `${prefix}/${key}`);
const under = (address: string, key: string) => `${address.replace(/\/+$/, "")}/${key}`;
