import { hasProblem, type Path, type Report } from "./report";

/** A place in a config, and what is said of it. */
export interface Place {
  readonly path: Path;
  readonly report: Report;
  /** A place below this one. */
  in(...parts: Path): Place;
  /** Records a mistake, unless there is none or the value here was already refused as a whole. */
  problem(message: string | undefined): void;
  /** Records advice: synthesis goes on. */
  warning(message: string): void;
  /** Records a mistake that makes everything here and below unusable for later rules. */
  refuse(message: string): void;
  /** Whether the value here, or something it is part of, was refused: what would follow from it is no mistake of its own. */
  readonly refused: boolean;
  /** Whether something is wrong with the value here or with anything in it. */
  readonly wrong: boolean;
}

/** The place at a path of the config that a report is about. */
export function placeAt(path: Path, report: Report): Place {
  return {
    path,
    report,
    in: (...parts) => placeAt([...path, ...parts], report),
    problem: (message) => message !== undefined && report.problem(path, message),
    warning: (message) => report.warning(path, message),
    refuse: (message) => report.refuse(path, message),
    get refused() {
      return report.refused(path);
    },
    get wrong() {
      return hasProblem(report, path);
    },
  };
}
