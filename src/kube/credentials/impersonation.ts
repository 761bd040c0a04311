import type {UserEntry} from '../access/kubeconfig.ts';

/** A header a group: joined into one, the API server would take them for a single group with commas in its name. */
export function impersonationHeaders(user: UserEntry): Record<string, string | string[]> {
  const {as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {}} = user;
  if (!as) return {};
  return {
    'impersonate-user': as,
    ...(uid && {'impersonate-uid': uid}),
    ...(groups.length > 0 && {'impersonate-group': [...groups]}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, [...values]]),
    ),
  };
}
