/** Until now every opening looked for segments that no stack names; now one does so where that is noted. There may be some. */
export const looseSegments = `
INSERT INTO setting VALUES ('loose_segments', '1');
`;
