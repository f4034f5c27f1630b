import { useFormats } from '../language.ts';
import { Lines } from './facts.tsx';

interface ScopesProps {
  names: readonly string[];
  descriptions: Readonly<Record<string, string>>;
}

/** Scopes, each with what it allows where the application says so. */
export function Scopes({ names, descriptions }: ScopesProps) {
  const { labelled } = useFormats();
  const described = (name: string) => {
    const description = descriptions[name];
    return description === undefined ? name : labelled(name, description);
  };
  return <Lines texts={names.map(described)} />;
}
