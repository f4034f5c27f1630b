import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { SecretDialog } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { emptyDraft, isComplete, newApplicationOf } from './draft.ts';
import { ApplicationFields } from './fields.tsx';
import { texts } from './texts.ts';

/** Creates an application, shows its secret if it has one, and leads to its page. */
export function NewApplicationAct() {
  const t = useTexts(texts);
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(emptyDraft);
  const [created, setCreated] = useState<{ id: string; secret: string }>();
  const create = async () => {
    const body = newApplicationOf(draft);
    const { id, client_secret: secret } = await orThrow(api.POST('/auth/admin/applications', { body }));
    if (secret === null) {
      navigate(`/applications/${id}`);
    } else {
      setCreated({ id, secret });
    }
  };
  return (
    <>
      <Act
        label={t.create}
        description={t.createDescription}
        fields={
          <ApplicationFields
            draft={draft}
            onChange={(change) => {
              setDraft((before) => ({ ...before, ...change }));
            }}
            isNew
          />
        }
        canRun={isComplete(draft)}
        run={create}
        onOpen={() => {
          setDraft(emptyDraft);
        }}
        changes={['applications']}
        button={{ variant: 'filled' }}
      />
      <SecretDialog
        secret={created?.secret}
        title={t.secretTitle}
        onClose={() => {
          setCreated(undefined);
          navigate(`/applications/${created?.id ?? ''}`);
        }}
      />
    </>
  );
}
