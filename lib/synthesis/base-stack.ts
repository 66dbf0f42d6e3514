import { TerraformElement, TerraformOutput, type TerraformProvider, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import { type ProviderName, providerSources } from "../config/providers";
import { type Shell, textOf } from "../config/quoting";
import type { Settings } from "../config/settings";
import { type InventoryEntry, inventoryValue } from "../constructs/inventory";
import { StateBackend } from "../constructs/state-backend";
import { yamlText } from "./yaml";

/** The folder beside a stack's JSON that holds manifests and patches for its cluster, and nothing else. */
export const manifestsFolder = "kubernetes";

/**
 * What every stack is: a state of its own, addresses that can be read, qualified provider sources, and an inventory of
 * its certificates.
 */
export abstract class BaseStack extends TerraformStack {
  /** Labels for everything the stack makes: the config's, and where it comes from. */
  protected readonly labels: Readonly<Record<string, string>>;
  readonly #settings: Settings;
  readonly #files = new Map<string, string>();

  constructor(scope: Construct, name: string, settings: Settings) {
    super(scope, name);
    const { project, environment } = settings;
    this.#settings = settings;
    this.labels = { ...settings.labels, project, environment, stack: name, "managed-by": "terraform" };
    new StateBackend(this, settings.backend, { project, environment, stack: name });
  }

  /** Makes a value visible to operators and to what reads the state. */
  protected output(name: string, description: string, value: unknown): void {
    new Output(this, name, { description, value });
  }

  /** Records the scenario in the JSON and in the state, where `check --against` reads it. */
  recordScenario(scenario: string): void {
    this.output("scenario", "The scenario of this stack.", scenario);
  }

  /**
   * Puts objects for `kubectl` beside the stack's JSON, into a file in `kubernetes/`.
   *
   * @param usage - the command that they are for after an apply, as a comment
   */
  protected manifestFile(name: string, objects: readonly unknown[], usage?: Shell): void {
    const comment = usage === undefined ? "" : `# After Terraform: ${textOf(usage)}\n---\n`;
    this.#files.set(`${manifestsFolder}/${name}`, `${comment}${yamlText(objects)}`);
  }

  /** Files beside the stack's JSON: path as seen from it, and text. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Makes the output that every stack has: its certificates by key, in the same words. */
  protected inventory(entries: Readonly<Record<string, InventoryEntry>>): void {
    this.output(
      "certificate_inventory",
      "Every certificate of this stack: names, issuer, lifetime, who renews it, where its key lives.",
      Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, inventoryValue(entry)])),
    );
  }

  /**
   * The address of an element: the ids on its path, joined by `_`, with `_` for the dots of DNS names. An element whose
   * id is its own Terraform type is named by the construct around it. Nothing is hashed or dropped, so different paths
   * have different addresses or synthesis fails.
   *
   * @throws if an id has a character that an address cannot have
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const isElement = TerraformElement.isTerraformElement(element);
    const node = isElement ? element.node : element;
    const type = isElement ? (element as { terraformResourceType?: string }).terraformResourceType : undefined;
    const ids = node.scopes.slice(node.scopes.indexOf(this) + 1).map((scope) => scope.node.id);
    const address = (ids.at(-1) === type ? ids.slice(0, -1) : ids).join("_").replaceAll(".", "_");
    if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(address)) return address;
    throw new Error(`${node.path}: "${address}" cannot be a Terraform address; give the construct another id`);
  }

  override prepareStack(): void {
    // The framework resolves every element here, only to find references between stacks; these have none.
    this.#requireUniqueAddresses();
    const providers = this.allProviders();
    for (const provider of providers) {
      const name = provider.terraformResourceType;
      if (!isKnown(name)) {
        throw new Error(
          `${provider.node.path}: the source of the provider ${name} is not known; add it to lib/config/providers.ts`,
        );
      }
      // Some bindings write the bare name, which OpenTofu looks for in a registry of its own.
      this.addOverride(`terraform.required_providers.${name}`, {
        source: providerSources[name],
        version: this.#settings.providers[name] ?? bindingConstraint(provider),
      });
    }
    const uses = [this.#settings.backend.type, ...providers.map((provider) => provider.terraformResourceType)];
    this.addOverride("terraform.required_version", `>= ${floorFor(uses)}`);
  }

  #requireUniqueAddresses(): void {
    const paths = new Map<string, string>();
    for (const construct of this.node.findAll()) {
      const address = addressOf(construct);
      if (address === undefined) continue;
      const other = paths.get(address);
      if (other !== undefined) {
        throw new Error(
          `${other} and ${construct.node.path} have one Terraform address, ${address}; rename one of them`,
        );
      }
      paths.set(address, construct.node.path);
    }
  }
}

/**
 * An output whose value is plain data and tokens. The framework's own looks for resources in it with `util.isArray`,
 * for which Node warns from 22 on (DEP0044).
 */
class Output extends TerraformOutput {
  protected override synthesizeAttributes() {
    const { value, description } = this;
    return { value, description };
  }
}

/** A class of stacks that are made from a complete config. */
export type StackClass<Config> = new (scope: Construct, name: string, settings: Settings, config: Config) => BaseStack;

/** The address of whatever has one: resources, data sources, variables, locals, outputs, checks. */
function addressOf(construct: unknown): string | undefined {
  if (!TerraformElement.isTerraformElement(construct)) return undefined;
  // Private in the framework, which refers to elements by it.
  const { _elementType: type } = construct as unknown as { readonly _elementType?: string };
  const kind = TerraformOutput.isTerraformOutput(construct) ? "output" : type;
  return kind && `${kind}.${construct.friendlyUniqueId}`;
}

const isKnown = (provider: string): provider is ProviderName => Object.hasOwn(providerSources, provider);

/** `~> <major.minor>` of the version that the binding was made from: fixes come in, new schemas do not. */
function bindingConstraint(provider: TerraformProvider): string {
  const version = provider.terraformGeneratorMetadata?.providerVersion ?? "";
  return `~> ${version.split(".").slice(0, 2).join(".")}`;
}

/**
 * The oldest Terraform that has what every stack uses, and what some use besides: 1.5 for `check` blocks, 1.10 for
 * S3's own state locking, 1.11 for the Vault provider 5.
 */
function floorFor(uses: readonly string[]): string {
  if (uses.includes("vault")) return "1.11";
  return uses.includes("s3") ? "1.10" : "1.5";
}
