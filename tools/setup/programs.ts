import { run } from '../lib/run.ts';
import { UserError } from './progress.ts';

interface Program {
  /** A command that succeeds if the program works. */
  test: [string, ...string[]];
  install: Partial<Record<NodeJS.Platform, string>> & { otherwise: string };
}

const programs = {
  docker: {
    test: ['docker', 'info', '--format', '{{.ServerVersion}}'],
    install: {
      darwin: 'brew install --cask docker, and start it',
      otherwise: 'https://docs.docker.com/engine/install, and start it; `docker info` must work for your user',
    },
  },
  kubectl: {
    test: ['kubectl', 'version', '--client'],
    install: { darwin: 'brew install kubectl', otherwise: 'https://kubernetes.io/docs/tasks/tools' },
  },
  kind: {
    test: ['kind', 'version'],
    install: { darwin: 'brew install kind', otherwise: 'go install sigs.k8s.io/kind@v0.33.0' },
  },
  k3d: {
    test: ['k3d', 'version'],
    install: { darwin: 'brew install k3d', otherwise: 'https://k3d.io/#installation' },
  },
  minikube: {
    test: ['minikube', 'version'],
    install: { darwin: 'brew install minikube', otherwise: 'https://minikube.sigs.k8s.io/docs/start' },
  },
} satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** @throws UserError with the programs that are missing or do not work, and how to install them */
export async function requirePrograms(...names: ProgramName[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) {
    const { test, install }: Program = programs[name];
    const [command, ...args] = test;
    await run(command, args, { seconds: 20 }).catch(() => {
      missing.push(`  ${name.padEnd(9)} ${install[process.platform] ?? install.otherwise}`);
    });
  }
  if (missing.length > 0) {
    throw new UserError(`Missing or not working:\n${missing.join('\n')}`);
  }
}
