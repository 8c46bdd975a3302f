// Clients of the service, as an application would have them: what the topic integrating shows is what the tests run.

/** Signs users in by the service, in Python without any package. */
export const pythonClient = `import http.client
import json
import socket
import uuid


class Twofa(http.client.HTTPConnection):
    """One connection to the service; a thread has its own."""

    def __init__(self, path, token):
        super().__init__("localhost", timeout=45)
        self.path = path
        self.token = token

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, do, **options):
        """Exit code and answer of a request; None, {} without one."""
        headers = {
            "Authorization": "Bearer " + self.token,
            "Content-Type": "application/json",
        }
        body = json.dumps({"do": do, **options})
        try:
            self.request("POST", "/requests", body, headers)
            reply = json.loads(self.getresponse().read())
            return reply["exit"], reply.get("result", reply.get("error"))
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            self.close()
            return None, {}


def second_step(service, account, user, ip, choose, enter):
    """Whether the user may be let in: only what says so lets them in.

    choose(methods) and enter(to) ask the user; enter gives None to give up.
    """
    who = {"account": account, "user": user, "ip": ip}
    exit, answer = service.ask("login", **who)
    if exit == 0 and answer["result"] == "granted":
        return True
    if exit != 7:
        return False
    chosen = {"via": choose(answer["methods"]), "requestId": uuid.uuid4().hex}
    exit, sent = service.ask("code.send", **chosen, **who)
    if exit != 0:
        return False
    while exit in (0, 2, 8):
        code = enter(sent["to"])
        if code is None:
            return False
        entered = {"code": code, "requestId": uuid.uuid4().hex}
        exit, answer = service.ask("code.verify", **entered, **who)
        if exit == 0:
            return answer["result"] == "verified"
    return False
`;

/** Asks the service, in C# (.NET 6 and later). */
export const csharpClient = `using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

public sealed class Twofa
{
    private readonly HttpClient http;

    public Twofa(string path, string token)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancelled) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream,
                    ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(
                        new UnixDomainSocketEndPoint(path), cancelled);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        http = new HttpClient(handler)
        {
            BaseAddress = new Uri("http://localhost/"),
            Timeout = TimeSpan.FromSeconds(45),
        };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", token);
    }

    // Exit code and answer of a request; (-1, default) where there is none.
    public async Task<(int Exit, JsonElement Answer)> Ask(object request)
    {
        try
        {
            using var said = await http.PostAsJsonAsync("requests", request);
            var reply = await said.Content.ReadFromJsonAsync<JsonElement>();
            var failed = reply.TryGetProperty("error", out var error);
            return (reply.GetProperty("exit").GetInt32(),
                failed ? error : reply.GetProperty("result"));
        }
        catch (Exception e) when (e is HttpRequestException
            or TaskCanceledException or JsonException
            or InvalidOperationException or KeyNotFoundException)
        {
            return (-1, default);
        }
    }
}

// var login = new { @do = "login", account, user, ip };
// var (exit, answer) = await twofa.Ask(login);
// var granted = exit == 0
//     && answer.GetProperty("result").GetString() == "granted";
`;
