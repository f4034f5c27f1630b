import type { paths } from '#client';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { audited } from '../../kit/audited.ts';

type Query = NonNullable<paths['/auth/admin/accounts']['get']['parameters']['query']>;

/** What a search of accounts is made of, by the names in the page's URL. */
type Field = 'q' | keyof typeof choices;

/** How many characters a part of an e-mail address needs at least. */
const minPartLength = 3;

/** Choices of a search; the first one of each is left out of the URL. */
export const choices = {
  match: ['start', 'part', 'domain'],
  role: ['any', 'user', 'admin'],
  status: ['any', 'active', 'disabled', 'verified', 'unverified'],
  factor: ['any', 'true', 'false'],
  sort: ['email', '-email', '-created', 'created'],
} as const;

type Choice<Name extends keyof typeof choices> = (typeof choices)[Name][number];

const statusFilters: Record<Choice<'status'>, Query> = {
  any: {},
  active: { disabled: 'false' },
  disabled: { disabled: 'true' },
  verified: { verified: 'true' },
  unverified: { verified: 'false' },
};

const orders: Record<Choice<'sort'>, Query> = {
  email: {},
  '-email': { order: 'desc' },
  created: { sort: 'created_at' },
  '-created': { sort: 'created_at', order: 'desc' },
};

/** The search that the page's URL holds, so that it can be shared and the browser's Back button works. */
export function useSearchFields() {
  const [params, setParams] = useSearchParams();
  const chosen = <Name extends keyof typeof choices>(name: Name): Choice<Name> => {
    const values: readonly Choice<Name>[] = choices[name];
    return values.find((value) => value === params.get(name)) ?? (values[0] as Choice<Name>);
  };
  const set = (name: Field, value: string) => {
    const isDefault = value === '' || (name !== 'q' && value === choices[name][0]);
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (isDefault) {
          after.delete(name);
        } else {
          after.set(name, value);
        }
        return after;
      },
      // a step of the browser's history for each choice, but not for each character
      { replace: name === 'q' },
    );
  };
  return {
    fields: {
      q: params.get('q') ?? '',
      match: chosen('match'),
      role: chosen('role'),
      status: chosen('status'),
      factor: chosen('factor'),
      sort: chosen('sort'),
    },
    set,
  };
}

type Fields = ReturnType<typeof useSearchFields>['fields'];

/** Whether the text is too short to search for. */
export const isTooShort = ({ q, match }: Fields): boolean =>
  match === 'part' && q.trim() !== '' && q.trim().length < minPartLength;

function queryOf(fields: Fields): Query {
  const text = isTooShort(fields) ? '' : fields.q.trim();
  const names = { start: 'search', part: 'email_contains', domain: 'domain' } as const;
  return {
    ...(text && { [names[fields.match]]: text }),
    ...(fields.role !== 'any' && { role: fields.role }),
    ...(fields.factor !== 'any' && { second_factor: fields.factor }),
    ...statusFilters[fields.status],
    ...orders[fields.sort],
  };
}

/** The accounts that a search finds, page by page. The first page has their number. */
export function useAccounts(fields: Fields) {
  const [key] = useDebouncedValue(JSON.stringify(queryOf(fields)), 200);
  const query = useInfiniteQuery({
    queryKey: ['accounts', key],
    queryFn: ({ signal, pageParam }) => {
      const page: Query = pageParam ? { after: pageParam } : { count: 'true' };
      return orThrow(
        api.GET('/auth/admin/accounts', { params: { query: { ...(JSON.parse(key) as Query), ...page } }, signal }),
      );
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
    ...audited,
  });
  return { key, query };
}
