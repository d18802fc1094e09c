import { fieldsExcerpt } from './fields-excerpt.ts';
import './profile.css';

/** The first fields of a profile on one line: names quiet, values plain. */
export function ProfileExcerpt({ userId, text }: { userId: string; text: string }) {
  return (
    <span className="profile-excerpt clip">
      {fieldsExcerpt(text, userId).map(({ name, value }) => (
        <span key={name}>
          <span className="muted">{name}</span> {value}
        </span>
      ))}
    </span>
  );
}
