import { useLocation } from 'wouter';
import { queries } from '../api.ts';
import { Act } from './act.tsx';

interface DeleteActProps {
  label: string;
  description: string;
  typedName: string;
  run: () => Promise<unknown>;
  /** The path below `/` of the list that it stands in, which is also the list's query key. */
  list: string;
  /** The query key of its own page, whose data must not be shown again. */
  detail: [name: string, id: string];
}

/** Deletes what a page shows, and goes back to the list. */
export function DeleteAct({ list, detail, ...act }: DeleteActProps) {
  const [, navigate] = useLocation();
  return (
    <Act
      {...act}
      isDestructive
      changes={[list]}
      onDone={() => {
        navigate(`/${list}`);
        queries.removeQueries({ queryKey: detail });
      }}
    />
  );
}
