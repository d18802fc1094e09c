import { runAction } from '../actions/handlers.ts';
import { useTheme } from '../shell/theme.ts';
import { Button, SelectField } from '../ui/controls.tsx';
import { AboutCard } from './about-card.tsx';
import { ClockCard } from './clock-card.tsx';
import { DoctorCard } from './doctor-card.tsx';
import { RetentionCard } from './retention-card.tsx';
import { WorkspaceCard } from './workspace-card.tsx';
import './settings.css';

function AppearanceCard() {
  const { choice, choose } = useTheme();
  return (
    <section className="card" aria-label="Appearance">
      <h2>Appearance</h2>
      <SelectField
        label="Theme"
        value={choice}
        onChange={({ target }) =>
          choose(target.value === 'light' || target.value === 'dark' ? target.value : 'system')
        }
      >
        <option value="system">As the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </SelectField>
      <Button onClick={() => runAction('app.shortcuts')}>Keyboard shortcuts…</Button>
    </section>
  );
}

/** The workspace, its clock, what it keeps and its health; the theme; what runs. */
export function SettingsView() {
  return (
    <div className="view">
      <div className="view-head">
        <h1>Settings</h1>
      </div>
      <div className="cards">
        <WorkspaceCard />
        <RetentionCard />
        <ClockCard />
        <DoctorCard />
        <AppearanceCard />
        <AboutCard />
      </div>
    </div>
  );
}
