export default { test: { include: ['*.vitest.mjs'], setupFiles: ['./loopback-only.setup.cjs'] } }
