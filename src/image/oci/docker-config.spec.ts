import { describe, expect, it } from 'vitest';
import { findCredential, parseHelperAnswer } from './docker-config.js';
import { DOCKER_HUB } from './reference.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const login = (user: string): object => ({ auth: base64(`${user}:pass:word`) });
const password = (user: string): object => ({
  credential: { kind: 'password', user, password: 'pass:word' },
});

function find(config: object, registry = 'registry.example', repository = 'team/base'): unknown {
  return findCredential(Buffer.from(JSON.stringify(config)), registry, repository);
}

describe('the login for a registry', () => {
  it.each([
    ['registry.example', 'registry.example'],
    ['https://registry.example', 'registry.example'],
    ['https://registry.example/v2/', 'registry.example'],
    ['registry.example:5000', 'registry.example:5000'],
    ['https://index.docker.io/v1/', DOCKER_HUB],
    ['docker.io', DOCKER_HUB],
  ])('under %s is for %s', (key, registry) => {
    expect(find({ auths: { [key]: login('ada') } }, registry)).toEqual(password('ada'));
  });

  it.each(['registry.example.org', 'egistry.example', 'registry.example:5000', 'other'])(
    'is not for %s',
    (registry) => {
      expect(find({ auths: { 'registry.example': login('ada') } }, registry)).toBeUndefined();
    },
  );

  it('of the longest path that fits counts', () => {
    const auths = {
      'registry.example': login('host'),
      'registry.example/team': login('team'),
      'registry.example/team/base': login('base'),
    };
    const found = ['team/base', 'team/other', 'teams/base'].map((path) =>
      find({ auths }, 'registry.example', path),
    );
    expect(found).toEqual([password('base'), password('team'), password('host')]);
  });

  it('may be an identity token, or stand in plain words', () => {
    expect(find({ auths: { 'registry.example': { auth: base64('x:'), identitytoken: 'tok' } } })).toEqual({
      credential: { kind: 'identity-token', token: 'tok' },
    });
    expect(find({ auths: { 'registry.example': { username: 'ada', password: 'pass:word' } } })).toEqual(
      password('ada'),
    );
  });

  it('comes from the helper that is named for it, or for all', () => {
    const config = { credsStore: 'all', credHelpers: { 'registry.example': 'own' }, auths: {} };
    expect([find(config), find(config, 'other'), find(config, DOCKER_HUB)]).toEqual([
      { helper: 'own', server: 'registry.example' },
      { helper: 'all', server: 'other' },
      { helper: 'all', server: 'https://index.docker.io/v1/' },
    ]);
  });

  it.each([
    { credsStore: '../../bin/sh' },
    { credsStore: '-x' },
    { credsStore: 5 },
    { auths: [] },
    { auths: { 'registry.example': { auth: base64('s3cret') } } },
  ])('in a file that is not as it should be is refused without repeating it: %j', (config) => {
    expect(() => find(config)).toThrow();
    expect(() => find(config)).not.toThrow(/s3cret|czNjcmV0|bin/);
  });

  it('is what a helper prints: a password, a token, or none', () => {
    const answer = (content: object): unknown => parseHelperAnswer(Buffer.from(JSON.stringify(content)));
    expect(answer({ Username: 'ada', Secret: 'x' })).toEqual({
      kind: 'password',
      user: 'ada',
      password: 'x',
    });
    expect(answer({ Username: '<token>', Secret: 'x' })).toEqual({ kind: 'identity-token', token: 'x' });
    expect(answer({ Username: '', Secret: '' })).toBeUndefined();
  });
});
