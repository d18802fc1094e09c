import { FlaskConical, ShieldAlert, Wrench } from 'lucide-react';
import type { Environment } from '../../preload/contract/values.ts';

const icons = { sandbox: FlaskConical, staging: Wrench, production: ShieldAlert };

/** The environment in colour, icon and word. */
export function EnvironmentBadge({ environment }: { environment: Environment }) {
  const Icon = icons[environment];
  return (
    <span className={`badge ${environment}`}>
      <Icon aria-hidden size={13} />
      {environment}
    </span>
  );
}
