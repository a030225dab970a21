import collections, re, time, pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.approvals.ladders import slot as S
import sys, traceback
def sites(out):
    import django.db.backends.utils as u
def run(label, f):
    import django.db.backends.utils as u
    log=[]
    o=u.CursorWrapper.execute
    def ex(self,sql,params=None):
        st=[f"{fr.filename.split('/tmp/w/timeb/')[-1]}:{fr.name}" for fr in traceback.extract_stack(limit=60) if "/tmp/w/timeb/" in fr.filename and ".venv" not in fr.filename and "timeb-tools" not in fr.filename and "tests/" not in fr.filename]
        log.append((sql,st[-3:])); return o(self,sql,params)
    u.CursorWrapper.execute=ex
    c=time.process_time()
    try: r=f()
    finally: u.CursorWrapper.execute=o
    print(f"== {label}: {len(log)} queries {1e3*(time.process_time()-c):.0f} ms")
    for sql,st in log: 
        m=re.search(r'(FROM|INTO|UPDATE) "(\w+)"',sql); print("  ",sql[:9].split()[0], m and m[2], len(sql), " < ".join(reversed(st)))
    return r
@pytest.mark.django_db(transaction=True)
def test_tq(shared_desk, held, world):
    desk=shared_desk
    c=S.waiting_make(desk,3,"w"); op=S.opening_make(desk)
    sl=S.drafted(desk,op,c)
    S.approved(sl)
    held.move(__import__("datetime").timedelta(seconds=11)); S.worked()
    c=run("waiting",lambda:S.waiting_make(desk,3,"x")); op=run("opening",lambda:S.opening_make(desk,9))
    sl=run("drafted",lambda:S.drafted(desk,op,c))
    run("approved",lambda:S.approved(sl))
    held.move(__import__("datetime").timedelta(seconds=11)); run("worked",S.worked)
    from django.test import Client
    b=Client(); b.force_login(desk.maria)
    b.get("/"); run("page /",lambda:b.get("/"))
    from tests.support.desks import desk_make
    d=desk_make(); u=d.person(); d.draft(); run("draft",d.draft)
