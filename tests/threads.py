"""여러 스레드를 한꺼번에, 자주 바꿔 가며."""

import sys
import threading


def together(work, count=4):
    """work(i) 를 스레드 count 개에서. 자주 바꿔 돌린다."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
