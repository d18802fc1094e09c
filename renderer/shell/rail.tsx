import {
  Boxes,
  ChevronsRight,
  FlaskConical,
  History,
  KeyRound,
  ListVideo,
  type LucideIcon,
  Settings,
  UsersRound,
  Workflow,
} from 'lucide-react';
import { chordAria, chordText, isMac } from '../actions/chord.ts';
import { type ActionId, findAction } from '../actions/registry.ts';
import { type Section, sectionOf, useNavigation } from './navigation.ts';

const sections: readonly { name: Section; action: ActionId; icon: LucideIcon }[] = [
  { name: 'workflows', action: 'go.workflows', icon: Workflow },
  { name: 'profiles', action: 'go.profiles', icon: UsersRound },
  { name: 'audiences', action: 'go.audiences', icon: Boxes },
  { name: 'history', action: 'go.history', icon: History },
  { name: 'runs', action: 'go.runs', icon: ListVideo },
  { name: 'sandbox', action: 'go.sandbox', icon: FlaskConical },
  { name: 'authorizations', action: 'go.authorizations', icon: KeyRound },
  { name: 'settings', action: 'go.settings', icon: Settings },
];

/** The left rail: one link for each section. */
export function Rail() {
  const current = useNavigation((state) => sectionOf(state.place));
  const go = useNavigation((state) => state.go);
  return (
    <nav className="rail" aria-label="Sections">
      <p className="brand">
        <ChevronsRight aria-hidden size={18} strokeWidth={2.5} />
        <span>Segue</span>
      </p>
      {sections.map(({ name, action, icon: Icon }) => {
        const { title, keys } = findAction(action) ?? { title: name, keys: undefined };
        return (
          <a
            key={name}
            href={`#${name}`}
            aria-current={name === current ? 'page' : undefined}
            aria-keyshortcuts={keys && chordAria(keys, isMac())}
            title={keys && `${title} (${chordText(keys, isMac())})`}
            onClick={(event) => {
              event.preventDefault();
              go({ name });
            }}
          >
            <Icon aria-hidden size={16} />
            <span>{title}</span>
          </a>
        );
      })}
    </nav>
  );
}
