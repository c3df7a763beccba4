// What a user's project sets before every test: in Jest and in Vitest's threads this is not the process's environment.
process.env.BLYNK_LOOPBACK_ONLY = '1'
