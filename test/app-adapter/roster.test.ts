import test from 'ava';
import { type Member, Roster } from '../../src/app-adapter/roster.ts';

class Named implements Member {
  rosterPlace = -1;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const namesOf = (roster: Roster<Named>): string[] => roster.all().map(({ name }) => name);

test('members come once, go once, and may come again', (t) => {
  const roster = new Roster<Named>();
  const [a, b, c] = [new Named('a'), new Named('b'), new Named('c')];
  for (const member of [a, b, c, a]) roster.add(member);
  t.deepEqual(namesOf(roster), ['a', 'b', 'c']);
  roster.remove(a);
  roster.remove(a);
  t.deepEqual(namesOf(roster), ['c', 'b'], 'the last one took its place');
  t.false(roster.has(a));
  roster.remove(c);
  roster.remove(b);
  t.is(roster.size, 0);
  roster.add(b);
  t.true(roster.has(b));
  t.deepEqual(namesOf(roster), ['b']);
});

test('all of now are visited, though visits remove', (t) => {
  const roster = new Roster<Named>();
  const members = Array.from({ length: 5 }, (_, index) => new Named(String(index)));
  for (const member of members) roster.add(member);
  const visited: string[] = [];
  for (const member of roster.all()) {
    visited.push(member.name);
    for (const other of members) roster.remove(other);
  }
  t.deepEqual(visited, ['0', '1', '2', '3', '4']);
  t.is(roster.size, 0);
});
