"""The page of a running study: who may see it, what it shows, that all of it is escaped."""

import http.client
import json
import re
import socket
import threading

import pytest

from posology.errors import InputError
from posology.live_page import page, part
from posology.posting import Posted
from posology.progress import Silent
from posology.serving import Server
from posology.study_json import SCHEMA
from posology.watching import Look

HOSTILE = "<img src=x onerror=alert(1)>&\"'"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / HOSTILE.replace("/", "")
    folder.mkdir()
    (folder / "study.json").write_text(json.dumps({"schema": SCHEMA, "settings": {}}))
    posted = Posted(Silent())
    posted.post_to(folder)
    posted.total(40)
    posted.trained(8, f"tuning {HOSTILE}", kept=False)
    posted.stage(f"tuning {HOSTILE}")
    return folder


@pytest.fixture
def server(folder):
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, path=None, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, f"/{server.secret}/" if path is None else path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_the_page(server):
    answer, text = ask(server)
    assert answer.status == 200
    assert "8 of at most 40 networks" in text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)[1]
    assert f'<script nonce="{nonce}">' in text
    assert "default-src 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in answer.headers["Server"]
    assert nonce not in ask(server)[1]


def test_what_changes_is_asked_alone(server):
    answer, text = ask(server, f"/{server.secret}/part", Origin=f"http://127.0.0.1:{server.server_port}")
    assert answer.status == 200
    assert text.startswith('<p role="status">tuning &lt;img')
    assert "<script" not in text


def test_a_browser_may_call_it_localhost(server):
    assert ask(server, Host=f"localhost:{server.server_port}")[0].status == 200


@pytest.mark.parametrize("path", ["/", "/part", "/wrong/", "/wrong/part", "/{}", "/{}/study.json", "/{}/../", "/{}x/"])
def test_without_the_secret_there_is_nothing(server, path):
    answer, text = ask(server, path.format(server.secret))
    assert (answer.status, text) == (404, "Not Found")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_name_that_points_here_is_refused(server, host):
    assert ask(server, Host=host)[0].status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_page_elsewhere_is_refused(server, origin):
    assert ask(server, Origin=origin)[0].status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_only_reads(server, method):
    assert ask(server, method=method)[0].status == 501


def test_it_listens_on_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"


def test_every_server_has_its_own_secret(folder):
    with Server(folder) as one, Server(folder) as other:
        assert one.secret != other.secret
        assert len(one.secret) >= 32


def test_a_port_that_is_taken(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"Port {port} cannot be had: .* Choose another --port"):
            Server(folder, port)


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(InputError, match="holds no study"):
        Server(tmp_path)


def test_a_folder_that_goes_away(server, folder):
    (folder / "study.json").unlink()
    answer, text = ask(server)
    assert answer.status == 404
    assert "holds no study" in text
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


# what it draws


CURVE = ((1, 2.0, 2.5), (2, 1.0, 1.5), (5, 0.5, 1.0))


def test_losses_are_drawn_between_the_least_and_the_largest():
    text = part(Look("running", "tuning l2", 10, 40, 3.0, CURVE))
    lines = re.findall(r'<polyline class="([\w-]+)" points="([^"]+)"', text)
    assert [name for name, _ in lines] == ["training", "held-out"]
    training, held_out = ([tuple(map(float, p.split(","))) for p in points.split()] for _, points in lines)
    assert held_out[0] == (60.0, 16.0)  # the largest, at the top
    assert training[-1] == (360.0, 230.0)  # the least, at the bottom
    assert training[1][0] == 135.0  # a quarter of the epochs
    assert "training loss ends at 0.5; held-out loss ends at 1" in text


def test_labels_do_not_cover_each_other():
    text = part(Look("running", "tuning l2", 10, 40, 3.0, ((1, 2.0, 2.0), (2, 1.0, 1.0))))
    heights = sorted(float(y) for y in re.findall(r'<text x="366.0" y="([\d.]+)"', text))
    assert heights[1] - heights[0] >= 14


@pytest.mark.parametrize("curve", [(), CURVE[:1]])
def test_without_a_curve_there_is_no_picture(curve):
    assert "<svg" not in part(Look("running", "tuning l2", 10, 40, 3.0, curve))


def test_a_finished_study_has_no_bar():
    text = page(Look("finished", "Finished. Use L2 alone."), "houses", "n")
    assert "Finished. Use L2 alone." in text
    assert "<progress" not in text
