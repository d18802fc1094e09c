import { Autocomplete } from '@base-ui/react/autocomplete';
import { useId } from 'react';
import { useAnswer } from '../data/queries.ts';
import { ProfileExcerpt } from '../profile/profile-excerpt.tsx';
import { useDebounced } from './use-debounced.ts';

interface UserSearchProps {
  label: string;
  value: string;
  onChange: (userId: string) => void;
  placeholder?: string;
}

/** A user's key, typed or picked from the stored users that begin with what is typed. */
export function UserSearch({ label, value, onChange, placeholder = 'user key' }: UserSearchProps) {
  const id = useId();
  const prefix = useDebounced(value.trim(), 150);
  const found = useAnswer('profile', 'list', { prefix, limit: 20 }, { keep: true });
  const rows = found.data?.rows ?? [];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <Autocomplete.Root
        items={rows.map((row) => row.userId)}
        mode="none"
        value={value}
        onValueChange={(next) => onChange(next)}
        openOnInputClick
      >
        <Autocomplete.Input id={id} className="input" placeholder={placeholder} spellCheck={false} />
        <Autocomplete.Portal>
          <Autocomplete.Positioner className="menu-position" sideOffset={4}>
            <Autocomplete.Popup className="menu">
              <Autocomplete.Empty className="menu-empty">No user begins with this.</Autocomplete.Empty>
              <Autocomplete.List>
                {(userId: string) => (
                  <Autocomplete.Item key={userId} value={userId} className="menu-item">
                    <span>{userId}</span>
                    <ProfileExcerpt
                      userId={userId}
                      text={rows.find((row) => row.userId === userId)?.summary ?? ''}
                    />
                  </Autocomplete.Item>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </div>
  );
}
