import { authorizationCalls } from '../../preload/contract/authorization.ts';
import type { Handlers, MainContract } from '../../preload/contract/contract.ts';
import { SegueError } from '../engine/core/errors.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { Authorizations } from '../keychain/authorizations.ts';

interface AuthorizationDependencies {
  readonly authorizations: Authorizations;
  readonly engine: Pick<EngineHost, 'call'>;
  readonly onChange: () => void;
}

/** Answers `authorization.*`. The queue is asked by the engine, so that no long work and no SDK come into main. */
export function createAuthorizationHandlers({
  authorizations,
  engine,
  onChange,
}: AuthorizationDependencies): Handlers<MainContract, undefined>['authorization'] {
  return {
    list: () => authorizations.list(),
    async add({ sessionOnly, sessionToken, ...authorization }) {
      const row = await authorizations.add(
        { ...authorization, ...(sessionToken ? { sessionToken } : {}) },
        sessionOnly,
      );
      onChange();
      return row;
    },
    async remove({ name }) {
      await authorizations.remove(name);
      onChange();
      return { name };
    },
    async test({ name, queueUrl, region }) {
      const credentials = await authorizations.credentials(name);
      const input = { queueUrl, ...(region === undefined ? {} : { region }) };
      const answer = await engine.call('internal.testQueue', input, credentials);
      if (answer.ok) return authorizationCalls.test.output.parse(answer.value);
      throw new SegueError(answer.error.code, answer.error.message, answer.error.detail);
    },
  };
}
