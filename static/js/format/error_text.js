/** What the server says for programs, as people read it: without the field that it begins with. */
export function sentence(detail) {
  const said = /^[a-z_]+: (.)(.*)$/s.exec(detail);
  return said ? said[1].toUpperCase() + said[2] : detail;
}
