// What a request through the library comes to: its exit code with its result, or with the code of its error.
export async function outcome(twofa, { do: name, ...options }) {
  try {
    const { exit, result } = await twofa.request(name, options);
    return { exit, result };
  } catch (error) {
    return { exit: error.exit ?? 1, error: error.code ?? error.message };
  }
}
