import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { Problem } from '../../preload/contract/message.ts';

interface ProblemListProps {
  problems: readonly Problem[];
  onField?: (field: string) => void;
  onPath?: (pointer: string) => void;
}

/** What is wrong or worth knowing; each entry goes to its form field or to its line. */
export function ProblemList({ problems, onField, onPath }: ProblemListProps) {
  if (problems.length === 0) return null;
  return (
    <ul className="problems" aria-label="Problems">
      {problems.map((problem) => {
        const Icon = problem.severity === 'error' ? CircleAlert : TriangleAlert;
        const { field, path } = problem;
        const words = (
          <>
            <Icon aria-hidden size={14} />
            <span>
              <span className="problem-kind">{problem.severity === 'error' ? 'Error' : 'Warning'}</span>{' '}
              {problem.message} <code>{problem.code}</code>
            </span>
          </>
        );
        const jump =
          field !== null && onField
            ? () => onField(field)
            : path !== null && onPath
              ? () => onPath(path)
              : null;
        return (
          <li key={`${problem.code} ${field} ${path} ${problem.message}`} className={problem.severity}>
            {jump ? (
              <button type="button" onClick={jump}>
                {words}
              </button>
            ) : (
              <div>{words}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
