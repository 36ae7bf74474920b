export const BRANCH_PREFIX = 'refs/heads/';
